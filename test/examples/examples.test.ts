import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
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
