import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { editFile } from "../../../cpipe/terminal/own-editor.ts";
import { temporaryFolder } from "../../temporary.ts";

test("the editor is what VISUAL says, else EDITOR, arguments and all", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a file.yaml");
  writeFileSync(path, "one\n");
  await editFile(path, { ...process.env, VISUAL: "sed -i -e s/one/two/", EDITOR: "false" });
  assert.equal(readFileSync(path, "utf8"), "two\n");
  await editFile(path, { ...process.env, VISUAL: "", EDITOR: "sed -i -e s/two/three/" });
  assert.equal(readFileSync(path, "utf8"), "three\n");
});

test("an editor that is not there, or fails, is named", async () => {
  await assert.rejects(editFile("/dev/null", { ...process.env, VISUAL: "exit 3; true" }), { code: "handler-failed", message: /the editor \(exit 3; true\) failed: exit code 3/ });
  await assert.rejects(editFile("/dev/null", { ...process.env, VISUAL: "no-such-editor 2>&-" }), { message: /exit code 127/ });
});
