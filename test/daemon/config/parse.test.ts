import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseConfig } from "../../../daemon/config/parse.ts";
import { render } from "../../../daemon/config/problem.ts";
import { complaints, specOf, valid } from "./sample.ts";

for (const name of ["mistakes", "syntax"]) {
  test(`All that is wrong with golden/${name}.yaml is said at once, each with its place`, () => {
    const file = (ending: string): string => readFileSync(fileURLToPath(new URL(`golden/${name}.${ending}`, import.meta.url)), "utf8");
    const parsed = parseConfig("tools.yaml", file("yaml"), { HOME: "/home/me" });
    assert.ok(!parsed.ok);
    assert.equal(`${parsed.problems.map(render).join("\n")}\n`, file("txt"));
  });
}

test("A built-in server's settings stand flat in its entry and are completed by their defaults", () => {
  const spec = specOf("server: chat", "model: ~/m.gguf", "parallel: 2", "description: Talks");
  assert.equal(spec.kind, "server");
  assert.equal(spec.server, "chat");
  assert.equal(spec.description, "Talks");
  assert.equal(spec.settings["model"], "/home/me/m.gguf");
  assert.equal(spec.settings["parallel"], 2);
  assert.equal(spec.settings["maxQueue"], 64);
  assert.equal(spec.settings["temperature"], undefined, "the usual one of a model on this machine is not that of an endpoint");
  assert.equal(spec.settings["description"], undefined);
});

test("A module's path and any working folder are relative to the file", () => {
  const spec = specOf("module: ./greeter.ts", "settings: {language: en, deep: {a: [1]}}", "cwd: ../work");
  assert.equal(spec.module, "/etc/pipes/greeter.ts");
  assert.equal(spec.cwd, "/etc/work");
  assert.deepEqual(spec.settings, { language: "en", deep: { a: [1] } });
  assert.equal(specOf("module: /opt/g.mjs").cwd, "/etc/pipes");
});

test("Arguments and environment variables stay as they are written, whatever YAML would make of them", () => {
  const spec = specOf("command: [prog, 1.10, 0x1F, true, '~']", "env: {VERSION: 1.10, YES: yes, ON: true, MODE: 0644, N: 5}");
  assert.deepEqual(spec.command, ["prog", "1.10", "0x1F", "true", "/home/me"]);
  assert.deepEqual(spec.env, { VERSION: "1.10", YES: "yes", ON: "true", MODE: "0644", N: "5" });
});

test("What all tools have in common is said once; a tool's own words win, key by key", () => {
  const text = `
defaults:
  autostart: false
  restart: {policy: on-failure, backoff: {initial: 1s, max: 1m}}
  timeouts: {stop: 9}
  env: {A: one, B: one}
tools:
  x: {server: echo, restart: {backoff: {max: 2m}}, env: {B: two}, timeouts: {kill: 1m30s}}
  y: {server: echo, restart: never, autostart: true}
`;
  const { tools } = valid(text);
  const [x, y] = [tools.get("x"), tools.get("y")];
  assert.deepEqual(x?.env, { A: "one", B: "two" });
  assert.equal(x?.autostart, false);
  assert.equal(x?.restart.policy, "on-failure");
  assert.deepEqual(x?.restart.backoff, { initialMs: 1000, factor: 2, maxMs: 120_000, jitter: 0.2 });
  assert.deepEqual([x?.timeouts.stopMs, x?.timeouts.killMs], [9000, 90_000]);
  assert.equal(y?.restart.policy, "never");
  assert.equal(y?.restart.backoff.initialMs, 1000);
  assert.equal(y?.autostart, true);
});

test("A filled-in scalar, quoted or not, is what is wanted where it stands", () => {
  const spec = specOf('server: chat', 'parallel: "${SIXTEEN}"', "system: ${SIXTEEN}", "threads: ${THREADS:-auto}", "autostart: ${ON:-false}", 'restart: {limit: {count: "${SIXTEEN}"}}', 'timeouts: {stop: "${SIXTEEN}"}');
  assert.equal(spec.settings["parallel"], 16);
  assert.equal(spec.settings["system"], "16");
  assert.equal(spec.settings["threads"], "auto");
  assert.equal(spec.autostart, false);
  assert.equal(spec.restart.limit.count, 16);
  assert.equal(spec.timeouts.stopMs, 16_000);
  assert.deepEqual(specOf("module: a.ts", "settings: {deep: [{a: '${SIXTEEN}'}]}", "description: ${SIXTEEN}").settings, { deep: [{ a: "16" }] });
  assert.deepEqual(specOf("module: a.ts", "settings:", "  a: ${SIXTEEN}").settings, { a: 16 });
  assert.equal(specOf("server: ${SERVER:-chat}", "model: x.gguf").settings["model"], "/etc/pipes/x.gguf");
  assert.deepEqual(complaints("tools: {x: {server: chat, parallel: '${WORD}'}}"), ['1:37: tools.x.parallel cannot be "word"; expected a whole number from 1 to 64']);
});

test("Variables are filled in, with their defaults, and $$ is a plain $", () => {
  const spec = specOf("server: chat", "parallel: ${SIXTEEN}", "topK: ${NONE:-7}", "system: a ${WORD} for $$5 and $HOME", "stop: ['${EMPTY:-full}', \"${EMPTY}!\"]");
  assert.equal(spec.settings["parallel"], 16);
  assert.equal(spec.settings["topK"], 7);
  assert.equal(spec.settings["system"], "a word for $5 and $HOME");
  assert.deepEqual(spec.settings["stop"], ["full", "!"]);
});

test("A variable that is not set is shown where it stands, in plain, quoted and folded text", () => {
  const text = `
tools:
  x:
    command:
      - run \${NOPE} \${NOPE}
      - "say \${NOPE}"
    description: >
      first
      then \${NOPE}
`;
  const places = complaints(text).map((line) => /^(\d+:\d+): (.*?);/.exec(line)?.slice(1, 3));
  const message = "the environment variable NOPE is not set";
  assert.deepEqual(places, [["5:13", message], ["5:21", message], ["6:14", message], ["9:12", message]]);
});

test("What only looks like a variable is an error that tells how to write it", () => {
  assert.deepEqual(complaints("tools: {x: {command: ['${1}']}}"), ['1:24: "${1}" is not a variable; write ${NAME} or ${NAME:-default}; for a plain "${" write "$${"']);
  assert.deepEqual(specOf("command: ['$${1}']").command, ["${1}"]);
});

test("An unquoted variable inside of braces breaks YAML, and one line says what to do", () => {
  assert.deepEqual(complaints("tools:\n  x: {server: echo, env: {A: ${WORD}}}\n  y: {server: echo}\n"), [
    "2:31: not valid YAML: unexpected flow-map-start at node end; within {…} or […] a ${VARIABLE} wants quotes",
  ]);
});

test("Sections whose lines are all commented out are as if they were not there", () => {
  const config = valid("pipes: /run/p\nlogs:\ndefaults:\n  restart:\n  env:\ntools:\n  x:\n    server: echo\n    restart:\n    timeouts:\n");
  assert.equal(config.pipes, "/run/p");
  assert.equal(config.tools.get("x")?.restart.policy, "always");
  assert.equal(valid("tools:\n").tools.size, 0);
});

test("An empty file, or one that is cut off before its tools, is a mistake and not a fleet of none", () => {
  assert.deepEqual(complaints(""), ['1:1: this file is empty; expected at least "tools:"']);
  assert.match(complaints("pipes: /tmp\n")[0] ?? "", /^1:1: this file lacks the key "tools"/);
});

test("Where the pipes are is said by the environment before the file", () => {
  assert.equal(valid("pipes: run\ntools:\n").pipes, "/etc/pipes/run");
  assert.equal(valid("pipes: run\ntools:\n", { PIPE_TOOLS_PIPES: "/run/user/1/p" }).pipes, "/run/user/1/p");
});

test("One mistake is one problem, also inside of a union", () => {
  assert.equal(complaints("tools: {x: {server: chat, threads: fast}}").length, 1);
  assert.equal(complaints("tools: {x: {server: chat, gpu: {}}}").length, 1);
  assert.equal(complaints("tools: {x: {server: echo, restart: []}}").length, 1);
  assert.deepEqual(complaints("tools: {x: {server: echo, restart: {backoff: {factor: 0}}}}"), ["1:55: tools.x.restart.backoff.factor cannot be 0; expected a number from 1 to 100"]);
});

test("A mistyped kind is named, and the rest is checked as what was meant", () => {
  assert.deepEqual(complaints("tools: {x: {srever: chat, modle: builtin}}"), [
    '1:13: unknown key "srever" in tools.x; did you mean "server"?',
    '1:27: unknown key "modle" in tools.x; did you mean "model"?',
  ]);
});

test("Names that belong to other pipes, or to the daemon, are refused at their key", () => {
  for (const name of ["chat-12", "a-data", "a-up", ".x", "a b", "x".repeat(65), "__proto__"]) {
    assert.match(complaints(`tools:\n  ? "${name}"\n  : {server: echo}\n`)[0] ?? "", /^2:5: .* cannot be a tool's name/, name);
  }
  assert.match(complaints("tools: {supervisor: {server: echo}}")[0] ?? "", /^1:9: no tool may be called "supervisor"/);
  assert.match(complaints("tools: {daemon: {server: echo}}")[0] ?? "", /^1:9: no tool may be called "daemon"/);
  assert.equal(valid("tools: {constructor: {server: echo}, toString: {server: echo}}").tools.size, 2);
});

test("A key named __proto__ changes nothing but is a key like any other", () => {
  assert.match(complaints('__proto__: {polluted: 1}\ntools: {x: {server: echo, "__proto__": {y: 1}}}')[0] ?? "", /^1:1: unknown key "__proto__"/);
  const spec = specOf("module: a.ts", 'settings: {"__proto__": {polluted: 1}}', "env: {__proto__: x}");
  assert.deepEqual(Object.keys(spec.settings), ["__proto__"]);
  assert.deepEqual(Object.keys(spec.env), ["__proto__"]);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("Aliases may be used, but neither in circles nor to blow a small file up", () => {
  const config = valid("tools:\n  x: &x {server: echo, env: &e {A: '${WORD}'}}\n  y: *x\n  z: {server: echo, env: *e}\n");
  assert.deepEqual(config.tools.get("z")?.env, { A: "word" });
  assert.match(complaints("tools:\n  x: &x {module: a.ts, settings: {me: *x}}\n")[0] ?? "", /^2:39: \*x stands inside of what it refers to/);
  const bomb = Array.from({ length: 30 }, (_, level) => `k${level}: &k${level} [${level === 0 ? "x" : `*k${level - 1}, *k${level - 1}`}]`);
  assert.match(complaints(`${bomb.join("\n")}\ntools:\n`)[0] ?? "", /aliases in this file refer to too much/);
  assert.match(complaints(`a: &a 1\nb: [${"*a, ".repeat(200)}]\n`)[0] ?? "", /^2:\d+: too many aliases; expected at most 100/);
  assert.match(complaints("tools:\n  x: {server: echo, env: *nope}\n")[0] ?? "", /^2:26: /);
});

test("Nesting without end, tags, other YAML versions and second documents are refused", () => {
  assert.match(complaints("[".repeat(200_000))[0] ?? "", /^1:101: this is nested too deeply/);
  assert.match(complaints("- ".repeat(200_000))[0] ?? "", /^1:1003: this is nested too deeply/);
  assert.match(complaints("tools:\n---\na: 1\n")[0] ?? "", /^2:1: this file has more than one document/);
  assert.match(complaints("tools: {x: {module: a.ts, settings: {a: !!binary aGk=}}}")[0] ?? "", /^1:50: tags have no meaning here/);
  assert.match(complaints("%YAML 1.1\n---\ntools: {}\n")[0] ?? "", /^1:1: this file says that it is YAML 1.1; expected YAML 1.2/);
  assert.match(complaints("tools: !mine {}\n")[0] ?? "", /^1:8: tags have no meaning here: !mine/);
});

test("Durations and sizes of the file are ms and bytes in the config", () => {
  const { logs, tools } = valid("logs: {maxSize: 1.5MiB, keep: 2}\ntools: {x: {server: echo, timeouts: {start: 1h30m, drain: 0, stop: 2.5, kill: 500ms}}}");
  assert.deepEqual(logs, { level: "info", maxSize: 1_572_864, keep: 2 });
  assert.deepEqual(tools.get("x")?.timeouts, { startMs: 5_400_000, loadMs: 1_800_000, drainMs: 0, stopMs: 2500, killMs: 500 });
  assert.match(complaints("logs: {maxSize: 1kB}\ntools:\n")[0] ?? "", /^1:17: logs.maxSize cannot be "1kB"; expected from 4096 to \d+ bytes/);
  assert.match(complaints("tools: {x: {server: echo, timeouts: {start: 40d}}}")[0] ?? "", /expected from 1 to \d+ ms/);
  assert.match(complaints("tools: {x: {server: echo, timeouts: {start: -5}}}")[0] ?? "", /cannot be -5; expected/);
});

test("Lines end as they do on any system, and a byte order mark is no character", () => {
  assert.match(complaints("\uFEFFtools:\r\n  x: {server: echo}\r\n  y: {servr: echo}\r\n")[0] ?? "", /^3:7: unknown key "servr"/);
});
