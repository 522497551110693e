import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { editable } from "../../../cpipe/top/editing.ts";
import { root } from "../../harness.ts";
import { temporaryFolder } from "../../temporary.ts";

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
