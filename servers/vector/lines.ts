import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { ToolError } from "../../pipes/protocol/errors.ts";

export interface LinesOptions {
  /** Bytes that a line may have. */
  readonly most: number;
  readonly signal: AbortSignal;
}

const CHUNK = 1 << 16;
const NEWLINE = 10;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The lines of a file, a piece of it in memory at a time; a byte order mark is left out. Never waits on a FIFO.
 * @throws ToolError `file-failed`; `invalid-request` with the line that is too long or no text
 */
export async function* linesOf(path: string, { most, signal }: LinesOptions): AsyncGenerator<string, void, void> {
  const file = await openFile(path);
  try {
    let number = 1;
    let begun: Buffer[] = [];
    let length = 0;
    for (;;) {
      signal.throwIfAborted();
      const piece = await readPiece(file, path);
      if (piece.length === 0) break;
      let from = 0;
      for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, from)) {
        yield decode([...begun, piece.subarray(from, at)], number++);
        [begun, length] = [[], 0];
        from = at + 1;
      }
      begun.push(piece.subarray(from));
      length += piece.length - from;
      if (length > most) throw wrongLine(number, `at most ${most} bytes`, "more");
    }
    if (length > 0) yield decode(begun, number);
  } finally {
    await file.close();
  }
}

export function wrongLine(line: number, expected: string, got: string): ToolError {
  return new ToolError("invalid-request", { path: `line ${line}`, expected, got });
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
  } catch (error) {
    await file?.close();
    throw ToolError.from(error, "file-failed", { path });
  }
  await file.close();
  throw new ToolError("file-failed", { path, reason: "expected a file, got something that is none" });
}

async function readPiece(file: FileHandle, path: string): Promise<Buffer> {
  try {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw ToolError.from(error, "file-failed", { path });
  }
}

function decode(pieces: readonly Buffer[], number: number): string {
  try {
    return utf8.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
  } catch {
    throw wrongLine(number, "text in UTF-8", "other bytes");
  }
}
