import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { join } from "node:path";
import { root } from "../../harness.ts";

/** Takes the place of a service manager at `address`. `next` takes the first notice that `wanted` accepts, and forgets those before it. */
export async function receiver(t: Pick<TestContext, "after">, address: string): Promise<{ next: (wanted: (text: string) => boolean) => Promise<string> }> {
  const child = spawn(process.env["PYTHON"] ?? "python3", [join(root, "test/fixtures/python/datagrams.py"), address], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "ready");
  return {
    next: async (wanted) => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) assert.fail("the receiver ended");
        const text = JSON.parse(value) as string;
        if (wanted(text)) return text;
      }
    },
  };
}
