import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { makeWorld, type Running } from "../harness.ts";
import { begin, chatEndpoint, chunk, type Endpoint, eventsOf, says, send, stream, USAGE } from "../servers/chat/openai/endpoint.ts";
import { configure, QUICK, startDaemon, type Supervised } from "./daemon.ts";

const KEY = "sk-very-secret";

/** Answers by what it is asked: slowly, with a call of a tool, in JSON; else it repeats the question. */
function answering(port = 0): Promise<Endpoint> {
  return chatEndpoint((response, { body }) => {
    const { messages } = body;
    const last = messages.at(-1)!;
    const [offered] = (body["tools"] ?? []) as { function: { name: string } }[];
    if (last.content === "slow") return void begin(response, eventsOf([chunk({ content: "Once upon " })]));
    if (last.role === "tool") return stream(response, says(`It says: ${last.content}`));
    if (last.content === "list") return send(response, 401, { error: { message: `${KEY} is no key` } });
    if (offered !== undefined) return stream(response, [chunk({ tool_calls: [{ index: 0, id: "call7", function: { name: offered.function.name, arguments: '{"data":"salt"}' } }] }, "tool_calls"), { choices: [], usage: USAGE }]);
    if (body["response_format"] !== undefined) return stream(response, says('{"n":', " 3}"));
    stream(response, says("You ", `said: ${last.content}`));
  }, port);
}

describe("a chat whose model is at an endpoint", () => {
  const world = makeWorld();
  let server: Endpoint;
  let daemon: Supervised;
  const yaml = (chat: string): string => `${QUICK}tools:\n  echo: {server: echo}\n  chat: {server: chat${chat}}\n`;
  const elsewhere = (): string => `, backend: openai, url: "${server.url}", model: small, apiKey: "\${TEST_KEY}", extra: {reasoning_effort: low}`;
  const idle = (): Promise<unknown> => daemon.until("chat", ({ phase, state }) => phase === "ready" && state === "idle");
  const cpipe = (...args: string[]): Running => world.run("dist/cpipe.cjs", args);
  const output = async (...args: string[]): Promise<{ code: number | null; out: string; err: string }> => {
    const running = cpipe(...args);
    const { code } = await running.ended;
    return { code, out: running.lines.join("\n"), err: running.stderr() };
  };
  before(async () => {
    server = await answering();
    daemon = await startDaemon(world, yaml(elsewhere()), { env: { TEST_KEY: KEY } });
    await idle();
  });
  after(async () => {
    await daemon.stop();
    await server[Symbol.asyncDispose]();
    await world.close();
  });

  test("answers through its pipe like any other", async () => {
    assert.deepEqual(await output("chat", "ask", "Hello"), { code: 0, out: "You said: Hello", err: "" });
    assert.equal(server.asked.at(-1)!.headers.authorization, `Bearer ${KEY}`);
    const end = JSON.parse((await output("chat", "ask", "Hello", "--json")).out.split("\n").at(-1)!) as { tokens: unknown; reason: string };
    assert.deepEqual([end.tokens, end.reason], [{ prompt: 7, reused: 3, reply: 2 }, "end"]);
    const { model } = JSON.parse((await output("chat", "get_model", "--json")).out) as { model: object };
    assert.deepEqual({ ...model, seconds: 0 }, { backend: "openai", url: server.url, name: "small", contextSize: 4096, parallel: 4, seconds: 0 });
  });

  test("sends none of our own defaults, and the request's words by the endpoint's names", async () => {
    await output("chat", "ask", "Hello", "--temperature", "0.5", "--max-tokens", "9");
    const { messages: _, stream_options: __, ...body } = server.asked.at(-1)!.body;
    assert.deepEqual(body, { model: "small", stream: true, temperature: 0.5, max_tokens: 9, reasoning_effort: "low" });
  });

  test("lets its model use the other tools of the fleet", async () => {
    const { out, code } = await output("chat", "ask", "Taste?", "--tools", "echo.echo");
    assert.deepEqual([code, out], [0, "It says: salt"]);
    const [call, result] = server.asked.at(-1)!.body.messages.slice(-2);
    assert.deepEqual(call!.tool_calls, [{ id: "call7", type: "function", function: { name: "echo_echo", arguments: '{"data":"salt"}' } }]);
    assert.deepEqual(result, { role: "tool", tool_call_id: "call7", content: "salt" });
  });

  test("gives JSON of a schema, which is looked at", async () => {
    const schema = (type: string): string => JSON.stringify({ type: "object", properties: { n: { type } }, required: ["n"] });
    const good = await output("chat", "ask", "n", "--json", JSON.stringify({ schema: JSON.parse(schema("integer")) as object }));
    assert.deepEqual([good.code, good.out], [0, '{"n": 3}'], good.err);
    const bad = await output("chat", "ask", "n", "--json", JSON.stringify({ schema: JSON.parse(schema("string")) as object }));
    assert.match(bad.err, /the answer does not fit the schema: \$\.n: expected string, got number 3/);
  });

  test("ends at the endpoint, too, when Ctrl-C ends it", async () => {
    const running = cpipe("chat", "ask", "slow");
    while (server.asked.at(-1)!.body.messages?.at(-1)?.content !== "slow") await new Promise(setImmediate);
    running.child.kill("SIGINT");
    assert.equal((await running.ended).code, 130);
    await server.asked.at(-1)!.ended;
    await idle();
  });

  test("says what the endpoint refuses, and keeps its key to itself, wherever one looks", async () => {
    const refused = await output("chat", "ask", "list");
    assert.deepEqual([refused.code, refused.err.trim()], [1, `cpipe: the endpoint ${server.url}/chat/completions answered 401: (the key) is no key. Check \`apiKey:\` in tools.yaml`]);
    const config = await output("chat", "get_config", "--json");
    assert.equal((JSON.parse(config.out) as { apiKey: string }).apiKey, "(hidden)");
    const shown = [refused, config, await output("--list", "--json"), await output("supervisor", "list", "--json"), await output("supervisor", "get_config", "--json"), await output("--logs")];
    for (const { out, err } of shown) assert.ok(!`${out}${err}`.includes(KEY));
    const written = readdirSync(world.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.ok(written.length > 5);
    for (const { parentPath, name } of written) assert.ok(!readFileSync(join(parentPath, name), "latin1").includes(KEY), `${parentPath}/${name} has the key in it`);
  });

  test("takes another temperature while it runs", async () => {
    const { pid } = await daemon.ready("chat");
    const told = daemon.log.next(({ msg }) => /^the change is (not )?in force$/.test(String(msg)));
    configure(world, yaml(`${elsewhere()}, temperature: 0.1`));
    assert.equal((await told)["kind"], "live");
    await output("chat", "ask", "Hello");
    assert.equal(server.asked.at(-1)!.body["temperature"], 0.1);
    assert.equal((await daemon.ready("chat")).pid, pid);
  });

  test("comes and goes by lines of tools.yaml while the daemon runs", async () => {
    configure(world, yaml(""));
    await daemon.until("chat", ({ model, phase, state }) => model === "builtin" && phase === "ready" && state === "idle");
    assert.match((await output("chat", "ask", "Hello")).out, /^I am the small built-in stand-in/);
    configure(world, yaml(elsewhere()));
    await daemon.until("chat", ({ model, phase, state }) => model === "small" && phase === "ready" && state === "idle");
    assert.equal((await output("chat", "ask", "Hello")).out, "You said: Hello");
  });
});

describe("a chat whose endpoint is not there", () => {
  test("says so in the list, and answers the first request after the endpoint has come, without another process", async () => {
    const world = makeWorld();
    const gone = await answering();
    await gone[Symbol.asyncDispose]();
    const daemon = await startDaemon(world, `${QUICK}tools:\n  chat: {server: chat, backend: openai, url: "${gone.url}", model: small}\n`);
    const { reason, pid } = await daemon.until("chat", ({ state }) => state === "error");
    assert.match(reason ?? "", /^the endpoint http:.*\/v1\/models cannot be reached: connect ECONNREFUSED/);
    await using server = await answering(gone.port);
    // What was asked a moment after the failure is told of that; then it is tried again.
    let said = "";
    while (said === "") {
      const running = world.run("dist/cpipe.cjs", ["chat", "ask", "Hello"]);
      const { code } = await running.ended;
      said = running.lines.join("\n");
      if (code !== 0) assert.match(running.stderr(), /cannot be reached/);
    }
    assert.equal(said, "You said: Hello");
    const entry = await daemon.until("chat", ({ state }) => state === "idle");
    assert.deepEqual([entry.pid, entry.restarts, server.asked.length > 1], [pid, 0, true]);
    await daemon.stop();
    await world.close();
  });
});
