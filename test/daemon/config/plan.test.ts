import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseConfig } from "../../../daemon/config/parse.ts";
import { plan } from "../../../daemon/config/plan.ts";
import { APPLIES, specHash } from "../../../pipes/protocol/applies.ts";
import type { ToolSpec } from "../../../pipes/protocol/spec.ts";
import { ENV, specOf, valid } from "./sample.ts";

const tools = (text: string) => valid(text).tools;

test("Equal configs change nothing, however they are written", () => {
  const before = tools("tools: {a: {server: echo, restart: always}, b: {server: chat, temperature: 0.7}}");
  const after = tools('tools:\n  b: {temperature: 0.7, server: "chat"}\n  a:\n    server: echo\n    timeouts: {start: 30000ms}\n');
  assert.deepEqual(plan(before, after).map(({ kind, name }) => [kind, name]), [["unchanged", "b"], ["unchanged", "a"]]);
});

test("Each tool is added, removed, replaced, changed while it runs or left alone by what differs in it", () => {
  const before = tools("tools: {gone: {server: echo}, chat: {server: chat}, warm: {server: chat}, live: {server: echo}, same: {server: echo}, env: {module: a.ts, env: {A: 1, B: 2}}}");
  const after = tools(`
tools:
  chat: {server: chat, temperature: 0, contextSize: 512}
  warm: {server: chat, temperature: 1, system: hi, maxQueue: 3}
  live: {server: echo, description: new, restart: never, timeouts: {stop: 1}, autostart: false}
  same: {server: echo}
  env: {module: a.ts, env: {A: 1, B: 3, C: 4}}
  new: {server: echo}
`);
  const changes = plan(before, after).map((change) => [change.kind, change.name, "fields" in change ? change.fields : []]);
  assert.deepEqual(changes, [
    ["removed", "gone", []],
    ["recreated", "chat", ["settings.contextSize", "settings.temperature"]],
    ["live", "warm", ["settings.maxQueue", "settings.system", "settings.temperature"]],
    ["live", "live", ["description", "autostart", "restart", "timeouts"]],
    ["unchanged", "same", []],
    ["recreated", "env", ["env.B", "env.C"]],
    ["added", "new", []],
  ]);
});

test("A program of the user's own is offered other settings; two processes of an unknown program never run side by side", () => {
  const kindOf = (before: string, after: string) => plan(tools(`tools: {x: {${before}}}`), tools(`tools: {x: {${after}}}`)).map(({ kind }) => kind);
  assert.deepEqual(kindOf("module: a.ts, settings: {a: 1}", "module: a.ts, settings: {a: 2, b: 1}"), ["live"]);
  assert.deepEqual(kindOf("command: [a], settings: {a: 1}", "command: [a], settings: {a: 2}"), ["live"]);
  assert.deepEqual(kindOf("command: [a], env: {A: 1}", "command: [a], env: {A: 2}"), ["drained"]);
  assert.deepEqual(kindOf("command: [a]", "command: [b]"), ["drained"]);
  assert.deepEqual(kindOf("module: a.ts", "module: b.ts"), ["recreated"]);
});

test("A tool that runs something else gets another process", () => {
  const [change] = plan(tools("tools: {x: {server: echo}}"), tools("tools: {x: {command: [cat]}}"));
  assert.equal(change?.kind, "drained");
  assert.deepEqual(change.fields, ["kind", "server", "command", "cwd"]);
});

test("A built-in server does not notice that its tools.yaml lies elsewhere; a program of the user's own runs beside it", () => {
  const at = (path: string, text: string) => {
    const parsed = parseConfig(path, `tools: {x: {${text}}}`, ENV);
    assert.ok(parsed.ok);
    return parsed.config.tools;
  };
  const kindOf = (text: string) => plan(at("/a/tools.yaml", text), at("/b/tools.yaml", text)).map((change) => [change.kind, "fields" in change ? change.fields : []]);
  assert.deepEqual(kindOf("server: chat"), [["unchanged", []]]);
  assert.deepEqual(kindOf("server: chat, model: https://example.org/x.gguf"), [["unchanged", []]]);
  assert.deepEqual(kindOf("server: chat, model: ./x.gguf"), [["recreated", ["settings.model"]]]);
  assert.equal(at("/a/tools.yaml", "server: chat, model: x.gguf").get("x")?.settings["model"], "/a/x.gguf");
  assert.equal(at("/a/tools.yaml", "server: chat, model: x.gguf, cwd: sub").get("x")?.settings["model"], "/a/sub/x.gguf");
  assert.deepEqual(kindOf("module: ./a.ts"), [["recreated", ["module", "cwd"]]]);
});

test("A process is never replaced when the hash of its spec is the same", () => {
  const some = [
    specOf("server: echo"),
    specOf("server: echo", "description: d"),
    specOf("server: echo", "restart: never"),
    specOf("server: echo", "env: {A: 1}"),
    specOf("server: echo", "cwd: /"),
    specOf("server: chat"),
    specOf("server: chat", "topK: 1"),
    specOf("command: [a]"),
    specOf("command: [a, b]"),
    specOf("module: a.ts", "settings: {a: {b: 1}}"),
    specOf("module: a.ts", "settings: {a: {b: 2}}"),
  ];
  const named = fc.subarray(["a", "b", "c", "d"]).chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(...some).map((spec): [string, ToolSpec] => [name, { ...spec, name }]))));
  fc.assert(
    fc.property(named, named, (one, other) => {
      const [before, after] = [new Map(one), new Map(other)];
      const changes = plan(before, after);
      assert.deepEqual(new Set(changes.map(({ name }) => name)), new Set([...before.keys(), ...after.keys()]));
      assert.equal(changes.length, new Set(changes.map(({ name }) => name)).size);
      for (const { kind, name } of changes) {
        const [from, to] = [before.get(name), after.get(name)];
        assert.equal(kind === "added", from === undefined);
        assert.equal(kind === "removed", to === undefined);
        if (from !== undefined && to !== undefined) if (specHash(from) === specHash(to)) assert.ok(kind === "unchanged" || kind === "live");
        if (from !== undefined && to !== undefined && kind === "unchanged") assert.equal(specHash(from), specHash(to));
      }
      assert.ok(plan(after, after).every(({ kind }) => kind === "unchanged"));
    }),
  );
});

test("The hash does not depend on the order of keys, and looks only at what needs a new process", () => {
  const spec = specOf("module: a.ts", "settings: {a: 1, b: {c: 2, d: 3}}", "env: {X: 1, Y: 2}");
  const turned = Object.fromEntries(Object.entries(spec).reverse()) as unknown as ToolSpec;
  assert.equal(specHash(spec), specHash({ ...turned, settings: { b: { d: 3, c: 2 }, a: 1 }, env: { Y: "2", X: "1" } }));
  assert.equal(specHash(spec), specHash({ ...spec, description: "other", autostart: false }));
  assert.notEqual(specHash(spec), specHash({ ...spec, env: {} }));
  assert.match(specHash(spec), /^[0-9a-f]{64}$/);
  assert.ok(Object.keys(spec).every((field) => field in APPLIES));
});
