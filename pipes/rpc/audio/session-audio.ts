import type { AudioFormat } from "../../protocol/audio.ts";
import { ToolError } from "../../protocol/errors.ts";
import { fifoOf } from "../../protocol/names.ts";
import { BlockDecoder } from "../../transport/blocks.ts";
import { ByteReader } from "../../transport/bytes.ts";
import { openFifo } from "../../transport/fifo.ts";
import { widenFifo } from "../../transport/libc.ts";
import { FifoWriter, type WriterEnd, type WriterLimits } from "../../transport/writer.ts";
import type { Call } from "../call.ts";
import type { AudioReceiver, AudioSender } from "./audio.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";

export interface SessionAudioOptions {
  readonly folder: string;
  readonly name: string;
  readonly pid: number;
  /** It has a lane, so its blocks begin with the request's id; another's come on the shared FIFO and begin with its pid. */
  readonly laned: boolean;
  readonly limits: WriterLimits;
}

/** From here on a client's lane waits. */
const HIGH_WATER = 256 * 1024;
/** What the kernel holds for a client: a second of everything that is played, and room to be written without waiting. */
const PIPE_BYTES = 256 * 1024;
/** The shared FIFO cannot wait for one client, so this is as far as it may be ahead of us: 8 minutes of speech. */
const MOST_AHEAD = 16 * 1024 * 1024;
const MAX_WORD = 2 ** 32 - 1;

/** The data FIFOs of one client, opened when the first request needs them. */
export class SessionAudio {
  readonly #options: SessionAudioOptions;
  #writer: FifoWriter | null = null;
  #lane: ByteReader | null = null;
  /** Recordings that go to the client take turns: the end of one is the beginning of the next. */
  #turn: Promise<void> = Promise.resolve();
  readonly #sending = new Set<Call>();
  /** By the word that their blocks begin with; those of a client without a lane by their order. */
  readonly #receivers = new Map<number, Receiver>();
  #paused = false;
  #arrivals = 0;

  constructor(options: SessionAudioOptions) {
    this.#options = options;
  }

  /** @throws ToolError `no-audio-pipe`, `not-a-fifo`, `not-ours`, `too-many-files`, `cancelled` */
  async send(call: Call, format: AudioFormat): Promise<AudioSender> {
    this.#openDown(); // before the wait: a client that has no FIFO should hear of it now
    const before = this.#turn;
    let pass: () => void = () => undefined;
    this.#turn = new Promise((resolve) => (pass = resolve));
    if (this.#sending.size > 0) call.queued(this.#sending.size, "other sound is on its way to this client");
    this.#sending.add(call);
    await before;
    const leave = (): void => {
      this.#sending.delete(call);
      pass();
    };
    if (call.ended) {
      leave();
      throw new ToolError("cancelled");
    }
    try {
      return new Sender(call, format, this.#openDown(), leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** @throws ToolError `no-audio-pipe`, `invalid-request`, `not-a-fifo`, `not-ours`, `too-many-files` */
  receive(call: Call): AudioReceiver {
    const word = this.#wordOf(call);
    if (this.#options.laned) this.#openLane();
    const receiver: Receiver = new Receiver(call, {
      asked: () => call.emit({ event: "audio_ready" }),
      held: () => this.#pace(),
      ended: () => {
        if (this.#receivers.get(word) === receiver) this.#receivers.delete(word);
        this.#pace();
      },
    });
    this.#receivers.set(word, receiver);
    return receiver;
  }

  /** For a client without a lane: sound from the shared FIFO; null is its end. */
  take(bytes: Buffer | null): void {
    const receiver = this.#receivers.values().next().value;
    if (receiver === undefined) return; // the request has ended meanwhile
    if (bytes === null) return receiver.finish();
    if (receiver.bytes + bytes.length <= MOST_AHEAD) return receiver.push(bytes);
    receiver.fail(new ToolError("slow-reader", { queued: receiver.bytes, seconds: 0 }, { message: `more sound was sent than could be taken (${receiver.bytes} bytes wait); send it no faster than it is understood, or over a lane` }));
  }

  /** Ends what is being received, with an error for its requests. */
  failReceivers(error: ToolError): void {
    for (const receiver of this.#receivers.values()) receiver.fail(error);
  }

  /** Requests end by themselves when the session does. */
  close(): void {
    this.#lane?.close();
    this.#writer?.close();
    this.#lane = null;
    this.#writer = null;
  }

  #wordOf(call: Call): number {
    if (!this.#options.laned) return ++this.#arrivals;
    const { reqId } = call;
    if (typeof reqId === "number" && Number.isInteger(reqId) && reqId >= 0 && reqId <= MAX_WORD) return reqId;
    throw new ToolError("invalid-request", { path: "$.req_id", expected: "an integer from 0 to 4294967295, which the blocks of its sound begin with", got: JSON.stringify(reqId) ?? "nothing" });
  }

  #openDown(): FifoWriter {
    if (this.#writer !== null) return this.#writer;
    const { folder, name, pid, limits } = this.#options;
    const path = fifoOf.data.downstream(folder, name, pid);
    const fd = openFifo(path, "write", "client");
    if (fd === null) throw new ToolError("no-audio-pipe", { path, direction: "out", hint: "The client has to make it, and open it for reading, before it asks" });
    widenFifo(fd, PIPE_BYTES);
    const writer: FifoWriter = new FifoWriter(fd, { ...limits, queueBytes: Number.MAX_SAFE_INTEGER }, { closed: (end) => this.#downEnded(writer, end) });
    this.#writer = writer;
    return writer;
  }

  #downEnded(writer: FifoWriter, end: WriterEnd): void {
    if (this.#writer === writer) this.#writer = null;
    const error = end.kind === "gone" ? new ToolError("cancelled", { reason: "the client has closed its data FIFO" }) : new ToolError("slow-reader", { queued: end.queuedBytes, seconds: end.seconds });
    for (const call of this.#sending) call.abort(error);
  }

  #openLane(): void {
    if (this.#lane !== null) return;
    const { folder, name, pid } = this.#options;
    const path = fifoOf.data.lane(folder, name, pid);
    const fd = openFifo(path, "read", "client");
    if (fd === null) throw new ToolError("no-audio-pipe", { path, direction: "in", hint: "The client has to make it before it asks" });
    widenFifo(fd, PIPE_BYTES);
    const decoder = new BlockDecoder("word and length", {
      piece: (bytes, word) => this.#receivers.get(word)?.push(bytes),
      end: (word) => this.#receivers.get(word)?.finish(),
      broken: (length) => this.#laneEnded(new ToolError("audio-invalid", { what: path, reason: `a block of ${length} bytes was announced` })),
    });
    this.#lane = new ByteReader(fd, {
      bytes: (chunk) => decoder.push(chunk),
      end: () => this.#laneEnded(new ToolError("cancelled", { reason: "the client has closed the lane of its sound" })),
    });
  }

  #laneEnded(error: ToolError): void {
    this.#lane?.close();
    this.#lane = null;
    this.failReceivers(error);
  }

  /** The lane waits while any recording is far ahead of whoever pulls it. */
  #pace(): void {
    if (this.#lane === null) return;
    const full = [...this.#receivers.values()].some(({ bytes }) => bytes > HIGH_WATER);
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#lane.pause();
    else this.#lane.resume();
  }
}
