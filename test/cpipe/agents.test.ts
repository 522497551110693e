import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "../../cpipe/arguments.ts";

test("--mcp and --install-skill are read, with what belongs to each", () => {
  assert.deepEqual(parseArguments(["--mcp"]), { kind: "mcp", only: [], print: false });
  assert.deepEqual(parseArguments(["--mcp", "chat", "--print-config", "vector.search"]), { kind: "mcp", only: ["chat", "vector.search"], print: true });
  assert.deepEqual(parseArguments(["--install-skill"]), { kind: "install-skill", folder: null, force: false });
  assert.deepEqual(parseArguments(["--install-skill", "project", "--force"]), { kind: "install-skill", folder: "project", force: true });
  assert.deepEqual(parseArguments(["--install-skill=project"]), { kind: "install-skill", folder: "project", force: false });
  assert.equal(parseArguments(["--mcp", "--help"]).kind, "help");
});

test("and nothing else", () => {
  for (const wrong of [["--mcp", "--force"], ["--install-skill", "a", "b"], ["--install-skill", "--json"]]) {
    assert.throws(() => parseArguments(wrong), { code: "usage", message: /does not take/ }, wrong.join(" "));
  }
});
