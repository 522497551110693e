import { ToolError } from "../../protocol/errors.ts";
import { fifoOf } from "../../protocol/names.ts";
import { BlockDecoder, encodeBlocks } from "../../transport/blocks.ts";
import { ByteReader } from "../../transport/bytes.ts";
import { ensureFifo, type MakeFifo, openPresentFifo, removeFifo } from "../../transport/fifo.ts";
import { FifoWriter } from "../../transport/writer.ts";

export interface AudioPipesOptions {
  readonly folder: string;
  readonly name: string;
  readonly makeFifo: MakeFifo;
}

/** Where one recording of the server's goes. */
export interface Sink {
  piece(bytes: Buffer): void;
  /** It is whole. */
  ended(): void;
  failed(error: ToolError): void;
  /** Nothing more should be read for now; `pace` is called when that changes. */
  readonly full: boolean;
}

const NOWHERE: Sink = { piece: () => undefined, ended: () => undefined, failed: () => undefined, full: false };
const LIMITS = { queueBytes: Number.MAX_SAFE_INTEGER, stallMs: 3_600_000 };

/**
 * A client's data FIFOs to one server, made when the first request needs them. Recordings come one after another, each announced by an
 * `audio_start` on the text pipe; the two pipes run side by side, so sound that comes before its announcement waits for it.
 */
export class AudioPipes {
  readonly #options: AudioPipesOptions;
  readonly #down: string;
  readonly #lane: string;
  #reader: ByteReader | null = null;
  #writer: FifoWriter | null = null;
  /** Announced and not yet whole, in order; what is read belongs to the first. */
  readonly #announced: Sink[] = [];
  /** Read before it was announced: bytes, and ends. */
  #early: (Buffer | null)[] = [];
  #paused = false;
  #held = true;

  constructor(options: AudioPipesOptions) {
    this.#options = options;
    this.#down = fifoOf.data.downstream(options.folder, options.name, process.pid);
    this.#lane = fifoOf.data.lane(options.folder, options.name, process.pid);
  }

  /** Has a FIFO ready for sound from the server. @throws TransportError `not-a-fifo`, `not-ours`, `too-many-files` */
  openDown(): void {
    if (this.#reader !== null) return;
    ensureFifo(this.#down, this.#options.makeFifo);
    const decoder = new BlockDecoder("length", {
      piece: (bytes) => this.#take(bytes),
      end: () => this.#take(null),
      broken: (length) => this.#broken(length),
    });
    // Read-write, so that no end of file is seen before the server has come: its end shows on the text pipe.
    this.#reader = new ByteReader(openPresentFifo(this.#down, "both"), { bytes: (chunk) => decoder.push(chunk), end: () => undefined });
    if (!this.#held) this.#reader.unref();
  }

  /** Has a FIFO ready for sound to the server. @throws TransportError `not-a-fifo`, `not-ours`, `too-many-files` */
  openLane(): void {
    if (this.#writer !== null) return;
    ensureFifo(this.#lane, this.#options.makeFifo);
    this.#writer = new FifoWriter(openPresentFifo(this.#lane, "both"), LIMITS, { closed: () => (this.#writer = null) });
    if (!this.#held) this.#writer.unref();
  }

  /** A recording has been announced; null is one that nobody waits for any more. */
  announce(sink: Sink | null): void {
    this.#announced.push(sink ?? NOWHERE);
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) this.#take(bytes);
    this.pace();
  }

  /** Reads on, or not, as the recording that is being read can take. */
  pace(): void {
    const wait = this.#early.length > 0 || this.#announced[0]?.full === true;
    if (wait === this.#paused) return;
    this.#paused = wait;
    if (wait) this.#reader?.pause();
    else this.#reader?.resume();
  }

  /** Nobody waits for this recording any more: what comes of it is dropped. */
  forget(sink: Sink): void {
    const at = this.#announced.indexOf(sink);
    if (at >= 0) this.#announced[at] = NOWHERE;
    this.pace();
  }

  /** Sends sound for request `id`; null is its end. Resolves when there is room for more. @throws ToolError `interrupted` */
  async send(id: number, pcm: Buffer | null): Promise<void> {
    if (this.#writer?.writeBytes(encodeBlocks(pcm ?? Buffer.alloc(0), id)) !== true) throw new ToolError("interrupted", { tool: this.#options.name });
    await this.#writer?.ready();
  }

  /** Lets the process end while nothing but these are open. */
  unref(): void {
    this.#held = false;
    this.#reader?.unref();
    this.#writer?.unref();
  }

  /** Closes and removes them. */
  close(): void {
    if (this.#reader !== null) removeFifo(this.#down);
    if (this.#writer !== null) removeFifo(this.#lane);
    this.#reader?.close();
    this.#writer?.close();
    this.#reader = null;
    this.#writer = null;
  }

  #take(bytes: Buffer | null): void {
    const sink = this.#announced[0];
    if (sink === undefined || this.#early.length > 0) {
      this.#early.push(bytes);
    } else if (bytes === null) {
      this.#announced.shift();
      sink.ended();
    } else sink.piece(bytes);
    this.pace();
  }

  /** Out of step with the server: no recording can be told from another any more, on this FIFO. The next request has another. */
  #broken(length: number): void {
    this.#reader?.close();
    this.#reader = null;
    removeFifo(this.#down);
    const error = new ToolError("audio-invalid", { what: this.#down, reason: `a block of ${length} bytes was announced` });
    for (const sink of this.#announced.splice(0)) sink.failed(error);
  }
}
