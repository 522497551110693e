import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { Header } from "tar";

export interface Entry {
  readonly path: string;
  readonly content?: string | Uint8Array;
  readonly type?: "File" | "Directory" | "SymbolicLink" | "Link" | "FIFO";
  readonly linkpath?: string;
}

/** A tar file, also one that no program would make. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap(({ path, content = "", type = "File", linkpath }) => {
    const bytes = Buffer.from(content);
    const header = new Header({ path, type, size: bytes.length, mode: type === "Directory" ? 0o755 : 0o644, mtime: new Date(0), ...(linkpath === undefined ? {} : { linkpath }) });
    header.encode();
    return [header.block!, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

export const gzip = (bytes: Buffer): Buffer => gzipSync(bytes);

export function bzip2(bytes: Buffer): Buffer {
  const { stdout, status, error } = spawnSync("bzip2", ["-c"], { input: bytes, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`the program bzip2 is needed by this test: ${error?.message ?? `it ended with ${status}`}`);
  return stdout;
}
