import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { describePlan, plan } from "../../../daemon/config/plan.ts";
import { APPLIES, specHash, type ToolSpec } from "../../../pipes/protocol/spec.ts";
import { specOf, valid } from "./sample.ts";

const tools = (text: string) => valid(text).tools;

test("Equal configs change nothing, however they are written", () => {
  const before = tools("tools: {a: {server: echo, restart: always}, b: {server: chat, temperature: 0.7}}");
  const after = tools('tools:\n  b: {temperature: 0.7, server: "chat"}\n  a:\n    server: echo\n    timeouts: {start: 30000ms}\n');
  assert.deepEqual(plan(before, after).map(({ kind, name }) => [kind, name]), [["unchanged", "b"], ["unchanged", "a"]]);
  assert.equal(describePlan(plan(before, after)), "");
});

test("Each tool is added, removed, restarted, changed or left alone by what differs in it", () => {
  const before = tools("tools: {gone: {server: echo}, chat: {server: chat}, live: {server: echo}, same: {server: echo}, env: {command: [a], env: {A: 1, B: 2}}}");
  const after = tools(`
tools:
  chat: {server: chat, temperature: 0, seed: 1}
  live: {server: echo, description: new, restart: never, timeouts: {stop: 1}, autostart: false}
  same: {server: echo}
  env: {command: [a], env: {A: 1, B: 3, C: 4}}
  new: {server: echo}
`);
  const changes = plan(before, after).map((change) => [change.kind, change.name, "fields" in change ? change.fields : []]);
  assert.deepEqual(changes, [
    ["removed", "gone", []],
    ["restarted", "chat", ["settings.temperature", "settings.seed"]],
    ["changed", "live", ["description", "autostart", "restart", "timeouts"]],
    ["unchanged", "same", []],
    ["restarted", "env", ["env.B", "env.C"]],
    ["added", "new", []],
  ]);
  assert.equal(
    describePlan(plan(before, after)),
    "removed gone; restarted chat (settings.temperature, settings.seed); changed live (description, autostart, restart, timeouts); restarted env (env.B, env.C); added new",
  );
});

test("A tool that runs something else is restarted", () => {
  const [change] = plan(tools("tools: {x: {server: echo}}"), tools("tools: {x: {command: [cat]}}"));
  assert.equal(change?.kind, "restarted");
  assert.deepEqual(change.fields, ["kind", "server", "command"]);
});

test("A process is kept exactly when the hash of its spec is the same", () => {
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
        if (from !== undefined && to !== undefined) assert.equal(kind === "restarted", specHash(from) !== specHash(to));
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
