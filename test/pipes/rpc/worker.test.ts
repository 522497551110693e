import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ToolClient } from "../../../pipes/client.ts";
import { makeWorld } from "../../harness.ts";
import { rawClient } from "../../raw.ts";

const world = makeWorld();
after(() => world.close());
/** The answer as the tool gave it; the client numbers its requests. */
const ask = async (client: ToolClient, cmd: string, args: object = {}): Promise<object> => {
  const { req_id: _, ...answer } = await client.call(cmd, args);
  return answer;
};
const pliant = async (run: (client: ToolClient) => Promise<void>, fixture = "pliant"): Promise<void> => {
  const server = await world.serve(`test/fixtures/servers/${fixture}.ts`, fixture, { PIPE_TOOLS_SETTINGS: '{"colour":"red","size":1}', PIPE_TOOLS_DESCRIPTION: "as the file says" });
  const client = await ToolClient.connect(fixture, { folder: world.pipes });
  try {
    await run(client);
  } finally {
    await client.close();
    await server.kill();
  }
};

test("the worker interface is not listed, and told to whoever asks for it by name", () =>
  pliant(async (client) => {
    const { interfaces } = await client.call("list_interfaces");
    assert.deepEqual(interfaces, ["base", "pliant"]);
    const { interface: declared } = await client.call("get_interface", { name: "worker" });
    const { name, commands } = declared as { name: string; commands: Array<{ name: string }> };
    assert.equal(name, "worker");
    assert.deepEqual(commands.map((command) => command.name).slice(0, 3), ["health", "configure", "release"]);
  }));

test("health counts what is under way and who is there, without whoever asks", () =>
  pliant(async (client) => {
    const { calls, silent, clients, released } = await client.call("health");
    assert.deepEqual({ calls, silent, clients, released }, { calls: 0, silent: 0, clients: 0, released: false });
    const other = rawClient(world, "pliant", process.ppid);
    await other.subscribe();
    other.send({ cmd: "hang", req_id: 1 });
    other.send({ cmd: "ping", req_id: 2 });
    await other.next();
    const busy = await client.call("health");
    assert.deepEqual([busy["calls"], busy["idle"], busy["clients"]], [1, 0, 1]);
    assert.ok(Number(busy["silent"]) >= 0);
    other.send({ cmd: "cancel", req_id: 1 });
    await other.next((message) => message["event"] === "error");
    assert.equal((await client.call("health"))["calls"], 0);
    other.close();
  }));

test("health has what was asked of the tool so far: answered, failed, and neither for what was cancelled", () =>
  pliant(async (client) => {
    const work = async (): Promise<unknown> => (await client.call("health"))["work"];
    assert.deepEqual(await work(), { active: 0, waiting: null, served: 0, failed: 0, rate: null });
    await client.call("colour");
    await client.call("ping");
    await assert.rejects(client.call("fail"), { code: "handler-failed" });
    const hanging = new AbortController();
    const hung = client.call("hang", {}, { signal: hanging.signal, timeout: Infinity });
    assert.deepEqual(await work(), { active: 1, waiting: null, served: 1, failed: 1, rate: null });
    hanging.abort();
    await assert.rejects(hung);
    assert.deepEqual(await work(), { active: 0, waiting: null, served: 1, failed: 1, rate: null });
  }));

test("what is configured is in force at once, for handlers, get_config and get_description", () =>
  pliant(async (client) => {
    assert.equal((await client.call("configure", { settings: { colour: "blue", size: 2 }, description: "anew" })).event, "configured");
    assert.deepEqual(await ask(client, "colour"), { event: "reply", colour: "blue" });
    assert.deepEqual(await ask(client, "get_config"), { event: "config", colour: "blue", size: 2 });
    assert.equal((await client.call("get_description"))["description"], "anew");
    await client.call("configure", { settings: { colour: "blue", size: 2 } });
    assert.equal((await client.call("get_description"))["description"], "takes what it is given", "without one of tools.yaml, its own");
  }));

test("settings that the tool refuses change nothing, its description neither", () =>
  pliant(async (client) => {
    await assert.rejects(client.call("configure", { settings: { colour: "octarine", size: 2 }, description: "anew" }), { code: "handler-failed", message: /no colour octarine; red stays/ });
    assert.deepEqual(await ask(client, "get_config"), { event: "config", colour: "red", size: 1 });
    assert.equal((await client.call("get_description"))["description"], "as the file says");
    await assert.rejects(client.call("configure", { settings: 3 }), { code: "invalid-request", message: /\$\.settings: expected object, got number 3/ });
  }));

test("of two changes that come together the last one holds", () =>
  pliant(async (client) => {
    await Promise.all(["green", "octarine", "blue"].map((colour) => client.call("configure", { settings: { colour } }).catch(() => undefined)));
    assert.deepEqual(await ask(client, "get_config"), { event: "config", colour: "blue" });
  }));

test("a tool without a word on it takes another description, names the settings that it cannot take, and releases nothing", () =>
  pliant(async (client) => {
    await client.call("configure", { settings: { size: 1, colour: "red" }, description: "anew" });
    assert.equal((await client.call("get_description"))["description"], "anew");
    await assert.rejects(client.call("configure", { settings: { colour: "blue" } }), { code: "unsupported", message: "odd cannot take another size, colour while it runs. Restart it" });
    await assert.rejects(client.call("release"), { code: "unsupported", message: /odd cannot let go of anything while it runs/ });
  }, "odd"));

test("a released tool says so, until it has loaded again; while a request is under way it is not released", () =>
  pliant(async (client) => {
    const stop = new AbortController();
    const ended = assert.rejects(client.call("hang", {}, { signal: stop.signal }), { code: "cancelled" });
    await assert.rejects(client.call("release"), { code: "busy" });
    stop.abort();
    await ended;
    assert.deepEqual(await ask(client, "release"), { event: "released", bytes: 4096 });
    assert.equal((await client.call("health"))["released"], true);
    assert.deepEqual(await ask(client, "get_state"), { event: "state", state: "released", reason: "the next request loads it again" });
    assert.deepEqual(await ask(client, "release"), { event: "released" });
    await client.call("load");
    assert.equal((await client.call("health"))["released"], false);
  }));

test("a request that has the tool loaded again while it lets go wins", () =>
  pliant(async (client) => {
    await client.call("release");
    await client.call("load");
    await client.call("reload-meanwhile");
    await assert.rejects(client.call("release"), { code: "busy" });
    assert.equal((await client.call("get_state"))["state"], "loading");
  }));

test("a tool's own command of one of these names is the one that is run", async () => {
  await pliant(async (client) => {
    assert.equal((await client.call("health"))["text"], "fine, thank you");
  }, "polite");
});
