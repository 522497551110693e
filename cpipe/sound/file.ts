import { type FileHandle, open, rm } from "node:fs/promises";
import { wavHeader } from "../../audio/wav.ts";
import type { AudioFormat } from "../../pipes/protocol/audio.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { usage } from "../options.ts";
import type { Output } from "../output.ts";

/** Where sound goes. */
export interface SoundFile {
  begin(format: AudioFormat): Promise<void>;
  write(pcm: Buffer): Promise<void>;
  finish(): Promise<void>;
  /** It is not whole, and not to be kept. */
  discard(): Promise<void>;
}

/**
 * Standard output for `-`, else a file. Both get a WAV header unless `bare`; on standard output its sizes are open, since nobody knows them yet.
 * @throws ToolError `usage` for sound on a terminal
 */
export function soundFile(path: string, bare: boolean, out: Output): SoundFile {
  if (path !== "-") return soundOnDisk(path, bare);
  if (out.tty) throw usage("sound is not for a terminal", "Give a file, -o speech.wav, or a program: … -o - | aplay");
  return {
    begin: (format) => out.send(bare ? Buffer.alloc(0) : wavHeader(format, null)),
    write: (pcm) => out.send(pcm),
    finish: async () => undefined,
    discard: async () => undefined,
  };
}

/** A file, also where its name is a dash; with a WAV header unless `bare`. */
export function soundOnDisk(path: string, bare: boolean): SoundFile {
  return new File(path, bare);
}

/** Whether sound goes out without a header: the request asks for that, or the file's name is no WAV file's. */
export function isBare(format: unknown, path: string): boolean {
  return format === "s16le" || (format === undefined && path !== "-" && !/\.wave?$/i.test(path));
}

class File implements SoundFile {
  readonly #path: string;
  readonly #bare: boolean;
  #handle: FileHandle | null = null;
  #format: AudioFormat | null = null;
  #bytes = 0;

  constructor(path: string, bare: boolean) {
    this.#path = path;
    this.#bare = bare;
  }

  async begin(format: AudioFormat): Promise<void> {
    this.#format = format;
    await this.#tried(async () => {
      this.#handle = await open(this.#path, "w");
      if (!this.#bare) await this.#handle.writeFile(wavHeader(format, null));
    });
  }

  async write(pcm: Buffer): Promise<void> {
    this.#bytes += pcm.length;
    await this.#tried(() => this.#handle?.writeFile(pcm));
  }

  async finish(): Promise<void> {
    const [handle, format] = [this.#handle, this.#format];
    if (handle === null || format === null) return;
    const header = wavHeader(format, this.#bytes);
    await this.#tried(async () => {
      // A pipe or a device keeps the header that it has been given.
      if (!this.#bare && (await handle.stat()).isFile()) await handle.write(header, 0, header.length, 0);
      await handle.close();
    });
    this.#handle = null;
  }

  async discard(): Promise<void> {
    const handle = this.#handle;
    if (handle === null) return;
    this.#handle = null;
    const isFile = (await handle.stat()).isFile();
    await handle.close();
    if (isFile) await rm(this.#path, { force: true });
  }

  async #tried(act: () => unknown): Promise<void> {
    try {
      await act();
    } catch (error) {
      throw new ToolError("file-failed", { path: this.#path, reason: (error as Error).message }, { cause: error });
    }
  }
}
