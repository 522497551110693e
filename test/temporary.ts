import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for one test, gone with it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string; write(name: string, bytes: string | Uint8Array): Promise<string> }> {
  const path = await mkdtemp(join(tmpdir(), "pipe-tools-test-"));
  return {
    path,
    async write(name, bytes) {
      await writeFile(join(path, name), bytes);
      return join(path, name);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
