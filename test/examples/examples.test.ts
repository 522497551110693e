import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ToolClient, type ToolEvent } from "../../pipes/client.ts";
import { makeWorld, root } from "../harness.ts";

// The examples import the built package by its name, as a user's program would.
const world = makeWorld();
before(() => {
  // `npm test` has built it already; this is for running the file alone, and it fails where the build does.
  if (!existsSync(join(root, "dist/pipes/server.js"))) execFileSync(process.execPath, [join(root, "scripts/build.mjs")]);
});
after(() => world.close());

for (const file of ["examples/greeter.ts", "examples/greeter-function.ts"]) {
  test(`${file} greets and counts down`, async () => {
    const server = await world.serve(file, "greeter");
    const client = await ToolClient.connect("greeter", { folder: world.pipes });
    assert.equal((await client.call("greet", { name: "World" }))["text"], "Hello, World!");
    const parts: ToolEvent[] = [];
    for await (const part of client.stream("countdown", { from: 3 })) parts.push(part);
    assert.equal(parts.map((part) => part["text"]).join(""), "3 2 1 ");
    await assert.rejects(client.call("greet", {}), /\$\.name: expected string, got nothing/);
    await client.close();
    assert.deepEqual(await server.kill(), { code: 0, signal: null });
  });

  test(`${file} is about 20 lines`, () => {
    assert.ok(readFileSync(join(root, file), "utf8").split("\n").length <= 22);
  });
}

test("examples/chat_client.ts prints a chat server's answer", async () => {
  const server = await world.serve("test/fixtures/servers/chat.ts", "chat");
  const client = world.run("examples/chat_client.ts", ["Hello, you"]);
  assert.deepEqual([await client.ended, client.lines, client.stderr()], [{ code: 0, signal: null }, ["You said: Hello, you"], ""]);
  await server.kill();
});

test("examples/search.ts and examples/search.py ask a vector server", async () => {
  const server = await world.serve("servers/vector/main.ts", "vector");
  const client = world.run("examples/search.ts", ["where is the key?"]);
  assert.deepEqual([await client.ended, client.stderr()], [{ code: 0, signal: null }, ""]);
  assert.match(client.lines.join("\n"), /^\d\.\d\d {2}key: The spare key is under the mat\.\n/);
  assert.doesNotMatch(client.lines.join("\n"), /wine/, "which is older than the filter lets through");
  const vector = await ToolClient.connect("vector", { folder: world.pipes });
  await vector.call("add", { id: "a", text: "Tomatoes want sun.\nAnd water." });
  await vector.close();
  const python = (query: string) => execFileSync("python3", [join(root, "examples/search.py"), query], { env: world.env, encoding: "utf8" });
  assert.match(python("tomatoes"), /^[\d.]+\ta\tTomatoes want sun\.\n$/);
  await server.kill();
});

test("examples/ask_notes.sh has a model read what was found", async () => {
  const servers = [await world.serve("servers/vector/main.ts", "vector"), await world.serve("test/fixtures/servers/chat.ts", "chat")];
  const bin = join(world.folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "cpipe"), `#!/bin/sh\nexec "${process.execPath}" "${join(root, "dist/cpipe.cjs")}" "$@"\n`, { mode: 0o755 });
  const env = { ...world.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  const said = execFileSync(join(root, "examples/ask_notes.sh"), [join(root, "docs"), "what is the ledger?"], { env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  assert.match(said, /Answer from these passages only, and name the files: what is the ledger\?[^]*docs\/design\.md:\d+: [^\n]*ledger/);
  for (const server of servers) await server.kill();
});
