import { closeSync, writeSync } from "node:fs";
import { openLog } from "./file.ts";

type Write = (fd: number, bytes: Uint8Array) => number;

/**
 * Where the daemon's log lines go. Each is written before `write` returns, so nothing has to be flushed when the daemon
 * ends. A full disk neither throws nor waits: lines that cannot be written are counted, and the first that can says how
 * many are missing.
 */
export class LogDestination {
  /** Lines that could not be written, since the start. */
  lost = 0;
  private readonly fd: number;
  private readonly writeSome: Write;
  private missing = 0;
  private why = "";
  /** The last line in the file has no end. */
  private torn = false;

  constructor(path: string, writeSome: Write = writeSync) {
    this.fd = openLog(path);
    this.writeSome = writeSome;
  }

  write(line: string): void {
    try {
      this.writeAll((this.torn ? "\n" : "") + (this.missing > 0 ? this.notice() : "") + line);
      this.missing = 0;
    } catch (error) {
      this.lost++;
      this.missing++;
      this.why = (error as Error).message;
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  private writeAll(text: string): void {
    let bytes = Buffer.from(text);
    while (bytes.length > 0) {
      const written = this.writeSome(this.fd, bytes);
      this.torn = written > 0 ? bytes[written - 1] !== 0x0a : this.torn;
      bytes = bytes.subarray(written);
    }
  }

  private notice(): string {
    const reason = `${this.missing} log lines could not be written: ${this.why}`;
    return `${JSON.stringify({ level: "warn", time: new Date().toISOString(), lost: this.missing, reason, msg: "log lines were lost" })}\n`;
  }
}
