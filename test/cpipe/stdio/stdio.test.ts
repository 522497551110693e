import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { Place } from "../program.ts";
import { entryOf, registryOf, writeRegistry } from "../registry.ts";
import { Bridge } from "./bridge.ts";

const place = new Place();
let bridge: Bridge;
let chat: ChildProcess;
before(async () => {
  [chat] = await Promise.all([place.serve("test/fixtures/servers/teller.ts", "chat"), place.serve("servers/echo/main.ts"), place.serve("test/fixtures/servers/patient.ts")]);
  bridge = new Bridge(place);
});
after(() => place.close());

const ask = (id: unknown, order: string): object => ({ id, tool: "chat", cmd: "chat", args: { messages: [{ role: "user", content: order }] } });
let ids = 0;
const next = (): string => `r${++ids}`;

test("it says first that it is ready", async () => {
  const ready = await bridge.line(() => true);
  assert.equal(ready["event"], "ready");
  assert.match(String(ready["version"]), /^\d+\./);
});

test("a request's events come under its id, the last one marked final", async () => {
  const id = next();
  bridge.send({ id, tool: "chat", cmd: "ask", args: { data: "say Hi" } });
  await bridge.final(id);
  assert.deepEqual(bridge.under(id), [
    { id, event: "token", text: "H", done: false },
    { id, event: "token", text: "i", done: false },
    { id, event: "token", text: "", done: true, reason: "end", final: true },
  ]);
});

test("whatever is asked at once, of whichever tool, each request gets its own answer whole and one end", async () => {
  const texts = fc.array(fc.record({ text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), tool: fc.constantFrom("chat", "echo") }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(texts, async (wanted) => {
      const asked = wanted.map(({ text, tool }) => ({ id: next(), text: text.replaceAll(/\\n|\n\n/g, "x"), tool }));
      bridge.send(...asked.map(({ id, text, tool }) => (tool === "chat" ? ask(id, `say ${text}`) : { id, tool, cmd: "echo", args: { data: text } })));
      await Promise.all(asked.map(({ id }) => bridge.final(id)));
      for (const { id, text, tool } of asked) {
        assert.equal(tool === "chat" ? bridge.text(id) : bridge.under(id)[0]?.["data"], text);
        assert.equal(bridge.under(id).filter((line) => line["final"]).length, 1);
      }
    }),
    { numRuns: 20 },
  );
  assert.equal(readdirSync(place.pipes).filter((name) => name === `tool-chat-${bridge.child.pid}`).length, 1, "one session for all of them");
});

test("cancel ends that request, on the server too, and no other", async () => {
  const [held, other] = [next(), next()];
  bridge.send({ id: held, tool: "patient", cmd: "begin" }, ask(other, "count 20 every 5"));
  await bridge.line((line) => line["id"] === held);
  bridge.send({ id: held, cancel: true });
  assert.equal((await bridge.final(held))["code"], "cancelled");
  await bridge.final(other);
  assert.equal(bridge.text(other).trim().split(/\s+/).length, 20);
  const count = next();
  bridge.send({ id: count, tool: "patient", cmd: "cancelled" });
  assert.equal((await bridge.final(count))["count"], 1);
});

test("words are read as on the command line, by the tool's interface, and printed as there", async () => {
  const [said, fields, wrong, input] = [next(), next(), next(), next()];
  bridge.send(
    { id: said, tool: "patient", cmd: "say", words: ["two words", "--loud", "--max-tokens", "3"] },
    { id: fields, tool: "patient", cmd: "fields", print: true },
    { id: wrong, tool: "patient", cmd: "say", words: ["--max-tokens", "many"] },
    { id: input, tool: "patient", cmd: "say", words: ["-"] },
  );
  const { data, loud, maxTokens } = await bridge.final(said);
  assert.deepEqual({ data, loud, maxTokens }, { data: "two words", loud: true, maxTokens: 3 });
  assert.equal((await bridge.final(fields))["printed"], '{"a":1,"b":[true],"c":"x"}\n');
  assert.match(String((await bridge.final(wrong))["message"]), /--max-tokens: expected integer, got .many./);
  assert.match(String((await bridge.final(input))["message"]), /standard input carries the requests/);
});

test("a tool that is none, or a command that is none, is an error of that request", async () => {
  const [tool, cmd] = [next(), next()];
  bridge.send({ id: tool, tool: "chta", cmd: "ask" }, { id: cmd, tool: "chat", cmd: "aks" });
  const { code, message, retryable } = await bridge.final(tool);
  assert.deepEqual({ code, retryable }, { code: "no-such-tool", retryable: false });
  assert.match(String(message), /Did you mean 'chat'\?/);
  assert.equal((await bridge.final(cmd))["code"], "unknown-command");
});

for (const [what, text, code] of [
  ["no JSON", "hello", "invalid-json"],
  ["no object", "[1]", "invalid-json"],
  ["no id", '{"tool":"chat","cmd":"ping"}', "invalid-request"],
  ["no command", '{"id":"x","tool":"chat"}', "invalid-request"],
] as const) {
  test(`a line with ${what} is answered under no id, and the next line is read`, async () => {
    const before = bridge.under(null).length;
    const id = next();
    bridge.child.stdin?.write(`${text}\n\n${JSON.stringify({ id, tool: "echo", cmd: "ping" })}\n`);
    await bridge.final(id);
    assert.deepEqual(bridge.under(null).slice(before).map((line) => [line["code"], line["final"]]), [[code, true]]);
  });
}

test("an id that is under way cannot be taken twice; the first request goes on", async () => {
  const id = next();
  bridge.send(ask(id, "count 5 every 5"), ask(id, "say again"));
  assert.equal((await bridge.final(id))["event"], "token");
  assert.match(String(bridge.under(null).at(-1)?.["message"]), /\$\.id: expected one that is not under way/);
});

test("a line may hold U+2028 and come in pieces", async () => {
  const id = next();
  const bytes = Buffer.from(`{"id":"${id}","tool":"echo","cmd":"echo","args":{"data":"a\u2028ü\r"}}`.replace("\r", "\\r") + "\n");
  for (const byte of bytes) bridge.child.stdin?.write(Buffer.of(byte));
  assert.equal((await bridge.final(id))["data"], "a\u2028ü\r");
});

test("a server that is killed ends its requests as interrupted; the next request finds its successor", async () => {
  const [dying, again] = [next(), next()];
  bridge.send(ask(dying, "die"));
  assert.equal((await bridge.final(dying))["code"], "interrupted");
  if (chat.exitCode === null && chat.signalCode === null) await once(chat, "close");
  const gone = next();
  bridge.send(ask(gone, "say x"));
  assert.match(String((await bridge.final(gone))["code"]), /no-such-tool|interrupted/);
  await place.serve("test/fixtures/servers/teller.ts", "chat");
  bridge.send(ask(again, "say back"));
  await bridge.final(again);
  assert.equal(bridge.text(again), "back");
});

test("list tells of the tools and, where the daemon runs, of their commands; describe asks the tool itself", async () => {
  const [first, described, second] = [next(), next(), next()];
  bridge.send({ id: first, list: true }, { id: described, describe: "chat" });
  const tools = (await bridge.final(first))["tools"] as { name: string }[];
  assert.deepEqual(tools.map(({ name }) => name).sort(), ["chat", "echo", "patient"]);
  const interfaces = (await bridge.final(described))["interfaces"] as { commands: { name: string }[] }[];
  assert.ok(interfaces.some(({ commands }) => commands.some(({ name }) => name === "ask")));
  writeRegistry(place, registryOf(place.pipes, [entryOf("echo", place.pipes, { interfaces: [{ name: "echo", description: "", commands: [{ name: "echo", description: "", args: [] }], events: [] }] })]));
  bridge.send({ id: second, list: true });
  const listed = (await bridge.final(second))["tools"] as { name: string; interfaces: { name: string }[] }[];
  assert.deepEqual(listed.find(({ name }) => name === "echo")?.interfaces.map(({ name }) => name), ["echo"]);
});

test("the end of standard input cancels what is under way, leaves no pipe behind and exits 0", async () => {
  const id = next();
  bridge.send({ id, tool: "patient", cmd: "begin" });
  await bridge.line((line) => line["id"] === id);
  assert.equal(await bridge.end(), 0);
  assert.equal((await bridge.final(id))["code"], "cancelled");
  assert.deepEqual(readdirSync(place.pipes).filter((name) => name.endsWith(`-${bridge.child.pid}`)), []);
  assert.equal((await place.cpipe("patient", "cancelled")).stdout, "2\n");
});

test("a signal ends it as it ends any program, an end of its output too", async () => {
  const ended = new Bridge(place);
  await ended.line(() => true);
  const closed = once(ended.child, "close");
  ended.child.kill("SIGTERM");
  assert.deepEqual(await closed, [143, null]);
  const deaf = new Bridge(place);
  await deaf.line(() => true);
  const over = once(deaf.child, "exit");
  deaf.child.stdout?.destroy();
  deaf.send({ id: 1, tool: "echo", cmd: "ping" });
  assert.deepEqual(await over, [0, null]);
});
