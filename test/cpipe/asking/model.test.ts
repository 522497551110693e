import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { Terminal } from "../../terminal.ts";
import { Place, program, says } from "../program.ts";

describe("what is asked of a model in llama.cpp", () => {
  const place = new Place();
  before(async () => {
    const server = place.start("--serve", "chat", "--context-size", "512", "--temperature", "0");
    await says(server.stdout, "serving");
  });
  after(() => place.close());
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, stdout, stderr } = await place.cpipe("chat", "ask", ...args, "--json");
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  it("goes on where it was left: what was evaluated is not evaluated again", async () => {
    await json("Hello", "--conversation", "talk", "-s", "You are brief.");
    const { tokens } = await json("Hello again", "--conversation", "talk");
    const { prompt, reused } = tokens as { prompt: number; reused: number };
    assert.ok(reused > prompt / 2, `${reused} of ${prompt}`);
  });

  it("answers by a schema of any draft, and prints nothing but that", async () => {
    const schema = { type: "object", properties: { city: { type: "string" }, sunny: { type: "boolean" } }, required: ["city", "sunny"] };
    for (const draft of [{}, { $schema: "http://json-schema.org/draft-07/schema#" }]) {
      const { code, stdout, stderr } = await place.cpipe("chat", "ask", "Hello", "--schema", JSON.stringify({ ...draft, ...schema }));
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
      assert.deepEqual(Object.keys(JSON.parse(stdout) as object), ["city", "sunny"]);
    }
  });

  it("keeps what came of an answer that was stopped", async () => {
    const asked = place.start("chat", "ask", "Tell me a story that never ends", "--conversation", "story");
    asked.stdin?.end();
    await once(asked.stdout as NodeJS.ReadableStream, "data");
    asked.kill("SIGINT");
    assert.equal((await once(asked, "close"))[0], 130);
    const { turns } = JSON.parse((await place.cpipe("--conversations", "story", "--json")).stdout) as { turns: Array<{ role: string; stopped?: true }> };
    assert.deepEqual(turns.map(({ role, stopped }) => [role, stopped]), [["user", undefined], ["assistant", true]]);
  });

  it("says on a terminal what of a conversation was left out for want of room", async () => {
    for (let turn = 0; turn < 4; turn++) await json(`Hello ${"and hello ".repeat(60)}`, "--conversation", "long");
    const terminal = new Terminal([process.execPath, program, "chat", "ask", "Hello", "--conversation", "long"], { env: { ...place.env, TERM: "xterm" } });
    try {
      const { screen, code } = await terminal.ended();
      assert.equal(code, 0);
      assert.match(screen, /the oldest \d+ messages were left out: the model's context has no room for all/);
    } finally {
      await terminal.close();
    }
  });
});
