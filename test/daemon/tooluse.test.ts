import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ToolClient, type ToolEvent } from "../../pipes/client.ts";
import { makeWorld, root } from "../harness.ts";
import { rawClient } from "../raw.ts";
import { QUICK, startDaemon, type Supervised } from "./daemon.ts";

const servers = join(root, "test/fixtures/servers");
const request = { data: "how do I add a server" };

describe("a model that uses the tools of a fleet", () => {
  const world = makeWorld();
  let daemon: Supervised;
  let chat: ToolClient;
  let awkward: ToolClient;
  before(async () => {
    const tools = [
      "chat: {server: chat, model: builtin, threads: 1}",
      `awkward: {module: ${servers}/awkward.ts, env: {AWKWARD: hangs}}`,
      `resting: {module: ${servers}/library.ts, keep: on-demand}`,
      `library: {module: ${servers}/library.ts}`,
    ];
    daemon = await startDaemon(world, `${QUICK}tools:\n${tools.map((tool) => `  ${tool}\n`).join("")}`);
    await Promise.all(["chat", "awkward", "library"].map((name) => daemon.until(name, ({ phase, state }) => phase === "ready" && state === "idle")));
    chat = await ToolClient.connect("chat", { folder: world.pipes });
    awkward = await ToolClient.connect("awkward", { folder: world.pipes });
  });
  after(async () => {
    await Promise.all([chat.close(), awkward.close()]);
    await daemon.stop();
    await world.close();
  });

  /** Kills the chat server while the tool is at work for it; resolves with the tool's counts. */
  async function killedAtWork(): Promise<ToolEvent> {
    await once(awkward, "begun");
    const noticed = once(awkward, "noticed");
    process.kill((await daemon.ready("chat")).pid, "SIGKILL");
    await noticed;
    return awkward.call("counts");
  }

  test("has a request for which a tool was used interrupted, not repeated, when its server dies", async () => {
    const asked = chat.call("ask", { ...request, tools: ["awkward"] }, { idempotent: true });
    const refused = assert.rejects(asked, { code: "interrupted" });
    assert.equal((await killedAtWork())["asked"], 1);
    await refused;

    const deaf = rawClient(world, "chat", process.ppid);
    await deaf.subscribe();
    deaf.send({ cmd: "ask", ...request, tools: ["awkward"] });
    assert.equal((await killedAtWork())["asked"], 2);
    assert.deepEqual(await deaf.next(), { event: "error", message: "chat stopped before it had answered" });
    deaf.send({ cmd: "unsubscribe" });
    deaf.close();
    await chat.call("get_model", {}, { idempotent: true });
    assert.equal((await awkward.call("counts"))["asked"], 2);
  });

  test("starts a tool that its first request starts", async () => {
    assert.equal((await daemon.list()).find(({ name }) => name === "resting")?.phase, "resting");
    assert.equal((await chat.call("ask", { ...request, tools: ["resting"] }, { timeout: 60_000 }))["calls"], 1);
    assert.equal((await daemon.ready("resting")).restarts, 0);
  });

  test("is told of a tool that was stopped, and of one that the daemon does not know", async () => {
    await daemon.call("stop", { tool: "library" });
    await assert.rejects(chat.call("ask", { ...request, tools: ["library"] }), { code: "not-ready", message: /^library is down.*cpipe supervisor start library/ });
    await assert.rejects(chat.call("ask", { ...request, tools: ["libary"] }), { code: "no-such-tool", message: /Known tools: .*library/ });
  });

  test("may look at the daemon, and not stop it", async () => {
    const seen: ToolEvent[] = [];
    const answered = await chat.call("ask", { ...request, tools: ["supervisor"] }, { onInterim: (event) => seen.push(event) });
    assert.equal(answered["calls"], 1);
    const [used] = seen.filter(({ event }) => event === "tool_call");
    assert.ok(["list", "status", "logs", "metrics"].includes(String(used?.["cmd"])), String(used?.["cmd"]));
  });
});
