import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A folder of this test's own, gone when it ends. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "pipe-tools-test-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
