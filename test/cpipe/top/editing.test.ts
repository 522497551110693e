import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { edit, editable } from "../../../cpipe/top/editing.ts";
import { root } from "../../harness.ts";
import { temporaryFolder } from "../../temporary.ts";

test("the editor is what VISUAL says, else EDITOR, arguments and all", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a file.yaml");
  writeFileSync(path, "one\n");
  await edit(path, { ...process.env, VISUAL: "sed -i -e s/one/two/", EDITOR: "false" });
  assert.equal(readFileSync(path, "utf8"), "two\n");
  await edit(path, { ...process.env, VISUAL: "", EDITOR: "sed -i -e s/two/three/" });
  assert.equal(readFileSync(path, "utf8"), "three\n");
});

test("an editor that is not there, or fails, is named", async () => {
  await assert.rejects(edit("/dev/null", { ...process.env, VISUAL: "exit 3; true" }), { code: "handler-failed", message: /the editor \(exit 3; true\) failed: exit code 3/ });
  await assert.rejects(edit("/dev/null", { ...process.env, VISUAL: "no-such-editor 2>&-" }), { message: /exit code 127/ });
});

test("in place of the packaged tools.yaml one's own is edited, made where there is none", async () => {
  await using folder = await temporaryFolder();
  const own = join(folder.path, "tools.yaml");
  const before = process.env["PIPE_TOOLS_CONFIG"];
  process.env["PIPE_TOOLS_CONFIG"] = own;
  try {
    assert.equal(editable(join(root, "config/tools.yaml")), own);
    assert.match(readFileSync(own, "utf8"), /^tools:/m);
    assert.equal(editable("/somewhere/else.yaml"), "/somewhere/else.yaml");
  } finally {
    if (before === undefined) delete process.env["PIPE_TOOLS_CONFIG"];
    else process.env["PIPE_TOOLS_CONFIG"] = before;
  }
});
