import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv } from "ajv";
import { Type } from "typebox";
import { parse, stringify } from "yaml";
import { complete } from "../../../daemon/config/complete.ts";
import { loadConfig } from "../../../daemon/config/load.ts";
import { parseConfig } from "../../../daemon/config/parse.ts";
import type { Schema } from "../../../daemon/config/schemas.ts";
import { packageRoot } from "../../../pipes/protocol/package.ts";
import { builtIns } from "../../../pipes/protocol/settings/index.ts";
import { DefaultSettings, fileKeys, LogSettings } from "../../../pipes/protocol/spec.ts";
import { parseDuration, parseSize } from "../../../pipes/protocol/units.ts";
import { generated } from "../../../scripts/generate.ts";
import { ENV, specOf, valid } from "./sample.ts";

const packaged = readFileSync(join(packageRoot(), "config/tools.yaml"), "utf8");
const schema = JSON.parse(readFileSync(join(packageRoot(), "config/tools.schema.json"), "utf8")) as Record<string, unknown>;
const asEditor = new Ajv({ allErrors: true, strict: false }).compile(schema);

for (const { file, text } of generated) {
  test(`${file} is what \`npm run generate\` writes`, async () => {
    assert.equal(readFileSync(join(packageRoot(), file), "utf8"), await text());
  });
}

test("The packaged tools.yaml is valid, for us and for an editor, and runs chat, vector, tts, stt and echo", async () => {
  const loaded = await loadConfig(join(packageRoot(), "config/tools.yaml"), { env: ENV, trusted: true });
  assert.ok(loaded.ok);
  assert.deepEqual([...loaded.config.tools.keys()], ["chat", "vector", "tts", "stt", "echo"]);
  assert.equal(loaded.config.tools.get("chat")?.settings["model"], "builtin");
  assert.ok(asEditor(parse(packaged)), JSON.stringify(asEditor.errors));
});

test("A line appended to the packaged tools.yaml adds a tool and changes no other", () => {
  const before = valid(packaged).tools;
  const after = valid(`${packaged}  more: {server: echo}\n`).tools;
  assert.deepEqual([...after.keys()], [...before.keys(), "more"]);
  assert.deepEqual(after.get("chat"), before.get("chat"));
});

test("The defaults that the packaged tools.yaml tells in its comments are those that hold without it", () => {
  const section = /^# defaults:\n(?:#   .*\n)+/m.exec(packaged)?.[0].replace(/^# /gm, "") ?? "";
  const said = valid(`${section}tools:\n  x: {server: echo}\n`, { ...ENV, HF_TOKEN: "" }).tools.get("x");
  assert.deepEqual({ ...said, env: {} }, specOf("server: echo"));
  const told = parse(section) as { defaults: Record<string, unknown> };
  assert.deepEqual(Object.keys(told.defaults).sort(), Object.keys(DefaultSettings.properties).filter((key) => key !== "memoryMax").sort(), "all but what has no default");
  assert.deepEqual(parse(packaged.slice(packaged.indexOf("logs:"), packaged.indexOf("# What all tools"))), {
    logs: { level: "info", maxSize: "10MiB", keep: 5 },
    orphanAfter: "10m",
    memory: { budget: "unlimited" },
  });
  assert.deepEqual(valid(packaged).logs, valid("tools:\n").logs);
  assert.equal(valid(packaged).pipes, valid("tools:\n").pipes);
});

test("The commented examples are valid once the comment signs are taken away", () => {
  const examples = /^# {3}greeter:[^]*?\n(?!#)/m.exec(packaged)?.[0].replace(/^# ?/gm, "") ?? "";
  const { tools } = valid(`tools:\n${examples}`);
  assert.deepEqual([...tools.keys()], ["greeter", "python-tool"]);
  assert.equal(tools.get("python-tool")?.autostart, false);
  for (const [server, count] of [["chat", 3], ["vector", 2], ["tts", 2], ["stt", 2]] as const) {
    const section = new RegExp(`^ {2}${server}:\\n[^]*?\\n\\n`, "m").exec(packaged)?.[0] ?? "";
    const models = [...section.matchAll(/^ {4}# +(model: \S+)/gm)].map((match) => match[1] ?? "");
    assert.equal(models.length, count);
    for (const model of models) assert.equal(specOf(`server: ${server}`, model).kind, "server");
  }
});

test("Every default that the schema states is the one that is applied", () => {
  const spec = specOf("server: echo");
  const stated = defaultsOf(DefaultSettings);
  assert.deepEqual(stated, {
    autostart: spec.autostart,
    "restart.policy": spec.restart.policy,
    "restart.backoff.initial": spec.restart.backoff.initialMs,
    "restart.backoff.factor": spec.restart.backoff.factor,
    "restart.backoff.max": spec.restart.backoff.maxMs,
    "restart.backoff.jitter": spec.restart.backoff.jitter,
    "restart.healthyAfter": spec.restart.healthyAfterMs,
    "restart.limit.count": spec.restart.limit.count,
    "restart.limit.window": spec.restart.limit.windowMs,
    "restart.probe": spec.restart.probeMs,
    "timeouts.start": spec.timeouts.startMs,
    "timeouts.load": spec.timeouts.loadMs,
    "health.interval": spec.health.intervalMs,
    "health.answer": spec.health.answerMs,
    "health.progress": spec.health.progressMs,
    "health.refuse": spec.health.refuseMs,
    "keep.preload": spec.keep.preload,
    priority: spec.priority,
    pinned: spec.pinned,
    "timeouts.drain": spec.timeouts.drainMs,
    "timeouts.stop": spec.timeouts.stopMs,
    "timeouts.kill": spec.timeouts.killMs,
  });
  const { logs, pipes } = valid("tools:\n");
  assert.deepEqual(defaultsOf(LogSettings), { ...logs });
  assert.deepEqual(defaultsOf(Type.Object({ pipes: fileKeys.pipes })), { pipes });
});

for (const [name, settings] of Object.entries(builtIns)) {
  test(`${name}: what its settings' schema states as defaults is what the server gets, and no key means two things`, () => {
    assert.deepEqual({ ...specOf(`server: ${name}`).settings }, defaultsOf(settings));
    const common = Object.keys(specOf("server: echo")).concat("module", "command", "server", "settings");
    assert.deepEqual(Object.keys(settings.properties).filter((key) => common.includes(key)), []);
  });
}

test("Every key has a description, which is what an editor shows", () => {
  const undescribed: string[] = [];
  walk(schema["properties"] as Record<string, Schema>, (path, { $ref, description }) => {
    if ($ref === undefined && description === undefined) undescribed.push(path);
  });
  walk(schema["definitions"] as Record<string, Schema>, (path, { $ref, description }) => {
    if ($ref === undefined && description === undefined && path !== "variable") undescribed.push(path);
  });
  assert.deepEqual(undescribed, []);
});

test("An editor is told the same as the daemon says", () => {
  const entries = [
    "{server: echo}", "{server: chat, model: x, threads: auto}", "{server: chat, threads: 3}", "{server: chat, parallel: '${N:-3}'}", "{module: a.ts, settings: {a: 1}}", "{command: [a, 1]}",
    "{server: echo, restart: never}", "{server: echo, restart: {policy: never, backoff: {initial: 1s}}}", "{server: echo, restart: null, timeouts: null}", "{server: echo, env: {A: 1, B: true}}",
    "{}", "{server: nope}", "{server: echo, model: x}", "{server: chat, parallel: many}", "{server: chat, threads: fast}", "{module: a.py}", "{module: a.ts, model: x}", "{command: []}", "{command: a}",
    "{server: echo, command: [a]}", "{server: echo, restart: sometimes}", "{server: echo, restart: {polcy: never}}", "{server: echo, timeouts: {start: soon}}", "{server: echo, env: {1A: x}}", "null", "5",
  ];
  for (const entry of entries) {
    const text = `tools: {x: ${entry}}`;
    const ours = parseConfig("/t.yaml", text, ENV).ok;
    assert.equal(asEditor(parse(text)), ours, `${entry}: the daemon says ${ours ? "valid" : "invalid"}; ${JSON.stringify(asEditor.errors?.[0])}`);
  }
  for (const root of ["tools: null", "logs: null\ntools: {}", "pipes: 5\ntools: {}", "log: {}\ntools: {}", "tools: {supervisor: {server: echo}}", "tools: {a-1: {server: echo}}", stringify({ defaults: { restart: "never" }, tools: {} })]) {
    assert.equal(asEditor(parse(root)), parseConfig("/t.yaml", root, ENV).ok, root);
  }
});

/** Every default in a schema by its dotted path, durations in ms and sizes in bytes. */
function defaultsOf(of: Schema): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  walk(of.properties ?? {}, (path, { default: value, unit }) => {
    if (value !== undefined) found[path] = unit === "duration" ? parseDuration(value) : unit === "size" ? parseSize(value) : value;
  });
  return found;
}

function walk(properties: Readonly<Record<string, Schema>>, visit: (path: string, schema: Schema & { $ref?: string }) => void, base = ""): void {
  for (const [key, property] of Object.entries(properties)) {
    visit(base + key, property);
    const inner = property.anyOf?.find((branch) => branch.properties !== undefined) ?? property;
    walk(inner.properties ?? {}, visit, `${base}${key}.`);
  }
}

test("What is completed twice is the same as what is completed once", () => {
  const logs = complete(LogSettings, {}) as Record<string, unknown>;
  assert.deepEqual(complete(LogSettings, logs), logs);
});
