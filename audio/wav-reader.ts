import { invalid, readFormat, type WavFormat } from "./wav-format.ts";

/** Where it is in the file: bytes that a part of fixed length still needs, or a chunk that is skipped or decoded. */
type Part =
  | { readonly name: "riff" | "chunk" }
  | { readonly name: "fmt" | "ds64"; readonly size: number; readonly padded: number }
  | { readonly name: "skipped"; left: number }
  | { readonly name: "data"; left: number }
  | { readonly name: "rest" };

/**
 * A WAV file as it comes, split anywhere, to mono s16le. Reads PCM of 8 to 32 bits, floats of 32 and 64 bits, A-law and µ-law, WAVE_FORMAT_EXTENSIBLE,
 * RF64, other chunks, and files that were written into a pipe, which do not say how long they are.
 * @throws ToolError `audio-invalid`, whose `what` is as given
 */
export class WavReader {
  readonly #what: string;
  #part: Part = { name: "riff" };
  /** Bytes of a part, or of a frame, that is not whole yet. */
  #begun: Buffer = Buffer.alloc(0);
  #format: WavFormat | null = null;
  /** Of the data, in bytes; null when the file does not say. */
  #promised: number | null = null;
  #long: number | null = null;
  #unfinished = false;

  constructor(what: string) {
    this.#what = what;
  }

  /** Null until it has been read; then `seconds` is null for a file that does not say. */
  get format(): { readonly rate: number; readonly channels: number; readonly seconds: number | null } | null {
    const format = this.#format;
    if (format === null || (this.#part.name !== "data" && this.#part.name !== "rest")) return null;
    return { rate: format.rate, channels: format.channels, seconds: this.#promised === null ? null : Math.floor(this.#promised / format.frame) / format.rate };
  }

  /** Mono s16le, as far as it goes. */
  push(bytes: Buffer): Buffer {
    const decoded: Buffer[] = [];
    let rest = this.#begun.length === 0 ? bytes : Buffer.concat([this.#begun, bytes]);
    for (let before = -1; rest.length > 0 && before !== rest.length; ) {
      before = rest.length;
      rest = rest.subarray(this.#step(rest, decoded));
    }
    this.#begun = Buffer.from(rest);
    return decoded.length === 1 ? decoded[0]! : Buffer.concat(decoded);
  }

  /** No more comes. */
  end(): void {
    const part = this.#part;
    if (part.name === "rest") return;
    if (part.name === "data") {
      if (this.#promised === null || this.#format === null) return;
      const there = this.#promised - part.left + this.#begun.length;
      throw invalid(this.#what, `it was cut off: it promises ${this.#promised} bytes of sound and has ${there}, ${(there / this.#format.frame / this.#format.rate).toFixed(2)} s`);
    }
    throw invalid(this.#what, part.name === "riff" ? "it is too short for a WAV file" : this.#format === null ? "it ends before it has said how its sound is written" : "it has no sound in it: there is no data chunk");
  }

  /** Takes from the beginning of what is there; returns how much. */
  #step(bytes: Buffer, decoded: Buffer[]): number {
    const part = this.#part;
    switch (part.name) {
      case "riff":
        return bytes.length < 12 ? 0 : this.#riff(bytes);
      case "chunk":
        return bytes.length < 8 ? 0 : this.#chunk(bytes);
      case "fmt":
      case "ds64":
        if (bytes.length < part.padded) return 0;
        if (part.name === "fmt") this.#format = readFormat(bytes.subarray(0, part.size), this.#what);
        else this.#long = part.size < 16 ? null : Number(bytes.readBigUInt64LE(8));
        this.#part = { name: "chunk" };
        return part.padded;
      case "skipped": {
        const taken = Math.min(part.left, bytes.length);
        this.#part = taken === part.left ? { name: "chunk" } : { name: "skipped", left: part.left - taken };
        return taken;
      }
      case "data":
        return this.#data(bytes, part.left, decoded);
      case "rest":
        return bytes.length; // what comes after the sound is about it: names, pictures
    }
  }

  #riff(bytes: Buffer): number {
    const magic = bytes.toString("latin1", 0, 4);
    if (!["RIFF", "RF64", "BW64"].includes(magic) || bytes.toString("latin1", 8, 12) !== "WAVE") throw invalid(this.#what, `it is no WAV file: it begins with ${JSON.stringify(bytes.toString("latin1", 0, 12))}`);
    this.#unfinished = bytes.readUInt32LE(4) === 0;
    this.#part = { name: "chunk" };
    return 12;
  }

  #chunk(bytes: Buffer): number {
    const name = bytes.toString("latin1", 0, 4);
    const size = bytes.readUInt32LE(4);
    const padded = size + (size % 2);
    if (name === "data") this.#begin(size);
    else if (name === "fmt " || name === "ds64") {
      if (size > MOST_FORMAT) throw invalid(this.#what, `its ${name.trim()} chunk has ${size} bytes`);
      this.#part = { name: name === "ds64" ? "ds64" : "fmt", size, padded };
    } else this.#part = padded === 0 ? { name: "chunk" } : { name: "skipped", left: padded };
    return 8;
  }

  #begin(size: number): void {
    if (this.#format === null) throw invalid(this.#what, "its sound comes before it has said how that is written");
    const long = size === 0xff_ff_ff_ff ? this.#long : null;
    // Nobody has come back to write a size: a pipe, or a recorder that was killed.
    const open = long === null && (size >= LEAST_UNKNOWN || (size === 0 && this.#unfinished));
    this.#promised = open ? null : (long ?? size);
    this.#part = this.#promised === 0 ? { name: "rest" } : { name: "data", left: this.#promised ?? Infinity };
  }

  #data(bytes: Buffer, left: number, decoded: Buffer[]): number {
    const format = this.#format!;
    const here = Math.min(left, bytes.length);
    const whole = here - (here % format.frame);
    if (whole > 0) decoded.push(format.decode(bytes.subarray(0, whole)));
    // Half a frame at the end of the data is no sound.
    const taken = here === left ? here : whole;
    this.#part = taken === left ? { name: "rest" } : { name: "data", left: left - taken };
    return taken;
  }
}

/** SoX writes this and arecord a little more when they do not know; no WAV file of such a size is known to be meant. */
const LEAST_UNKNOWN = 0x7f_ff_f0_00;
const MOST_FORMAT = 4096;
