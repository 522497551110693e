import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { known } from "../../../cpipe/complete/known.ts";
import { askFlags, callFlags, modeFlags } from "../../../cpipe/flags.ts";
import { Place } from "../program.ts";
import { entryOf, registryOf, writeRegistry } from "../registry.ts";

const place = new Place();
const logs = join(place.root, "logs");
const interfacesOf = (name: string) => [{ name, description: "", events: [], commands: [...(known[name] ?? [])] }];
const log = (name: string) => ({ log: join(logs, `${name}.log`) });

before(() => {
  const progress = { stage: "loading", value: 45, total: 100 };
  const entries = [
    entryOf("chat", place.pipes, { interfaces: interfacesOf("chat"), description: "Answers\n\u001b[31mquestions", ...log("chat") }),
    entryOf("tts", place.pipes, { interfaces: interfacesOf("tts"), phase: "starting", state: "loading", progress, ...log("tts") }),
    entryOf("sleepy", place.pipes, { kind: "vector", phase: "resting", state: null, ...log("sleepy") }),
  ];
  writeRegistry(place, registryOf(place.pipes, entries));
  mkdirSync(logs);
  writeFileSync(join(logs, "daemon.log"), "");
  writeFileSync(join(logs, "gone.log"), "");
  assert.equal(spawnSync("mkfifo", ["tool-upstream", "tool-upstream-12", "tool-chat"].map((name) => join(place.pipes, name))).status, 0);
});
after(() => place.close());

async function lines(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await place.cpipe("--complete", ...words);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout.split("\n").slice(0, -1);
}
const values = async (...words: string[]): Promise<string[]> => (await lines(...words)).map((line) => line.split("\t")[0] ?? "");

describe("cpipe --complete", () => {
  it("tells of the tools and how they are, those in the folder included, and touches no pipe", async () => {
    const folder = readdirSync(place.pipes);
    assert.deepEqual(await lines(""), [
      "chat\tready (idle) – Answers [31mquestions",
      "tts\tstarting (loading 45%) – the tool tts",
      "sleepy\tresting – the tool sleepy",
      "upstream\tunsupervised",
      "supervisor\tthe daemon itself",
    ]);
    assert.deepEqual(readdirSync(place.pipes), folder);
  });

  it("offers every flag of cpipe's own where it may stand, and no mode behind a tool", async () => {
    const flags = await values("--");
    for (const { name } of [...callFlags, ...modeFlags]) assert.ok(flags.includes(`--${name}`), name);
    assert.ok(!(await values("chat", "--")).includes("--list"));
  });

  it("offers a tool's own commands before what every tool answers, and none that cpipe says itself", async () => {
    const commands = await values("tts", "");
    assert.ok(commands.indexOf("say") < commands.indexOf("ping"));
    assert.ok(!commands.includes("subscribe"));
    assert.equal(new Set(commands).size, commands.length);
    assert.ok((await values("upstream", "")).includes("ping"));
    assert.ok((await values("sleepy", "")).includes("search"), "a tool that has not run yet is known by its kind");
    assert.ok((await values(join(place.pipes, "tool-tts"), "")).includes("say"));
  });

  it("offers a command's arguments as flags, booleans both ways, and each once", async () => {
    const all = await values("tts", "say", "hello", "--");
    for (const flag of ["--voice", "--play", "--no-play", "--path", "--timeout"]) assert.ok(all.includes(flag), flag);
    assert.ok(!(await values("tts", "say", "hello", "--voice", "x", "--")).includes("--voice"));
    assert.deepEqual((await values("tts", "say", "hello", "--", "--")), []);
  });

  it("offers the values of a flag, behind a blank and behind =", async () => {
    assert.deepEqual(await values("tts", "say", "x", "--format", ""), ["wav", "s16le"]);
    assert.deepEqual(await values("tts", "say", "x", "--format="), ["--format=wav", "--format=s16le"]);
    assert.deepEqual(await values("tts", "say", "x", "--play="), ["--play=true", "--play=false"]);
    assert.deepEqual(await lines("tts", "say", "x", "--path", ""), ["\tfiles"]);
    assert.deepEqual(await values("chat", "ask", "--speak="), ["--speak=tts"]);
    assert.deepEqual(await lines("-o", ""), ["text\t", "json\t", "jsonl\t", "\tfiles"]);
    assert.deepEqual(await lines("chat", "ask", "@"), ["\tfiles"]);
    assert.deepEqual(await values("--timeout", ""), []);
  });

  it("offers the flags for what is asked of a model where that is asked, with the names that are kept", async () => {
    for (const words of [["chat", "-"], ["chat", "ask", "-"], ["chat", "chat", "-"]]) {
      const flags = await values(...words);
      for (const { name } of askFlags) assert.equal(flags.filter((flag) => flag === `--${name}`).length, 1, `${words.join(" ")} ${name}`);
    }
    for (const words of [["tts", "-"], ["tts", "say", "-"], ["chat", "get_model", "-"]]) assert.ok(!(await values(...words)).includes("--conversation"), words.join(" "));
    const [conversations, templates] = [join(String(place.env["XDG_STATE_HOME"]), "pipe-tools/conversations"), join(String(place.env["XDG_CONFIG_HOME"]), "pipe-tools/templates")];
    for (const folder of [join(conversations, ".terminals"), templates]) mkdirSync(folder, { recursive: true });
    for (const file of ["bread.jsonl", "soup.jsonl", "notes.txt"]) writeFileSync(join(conversations, file), "");
    for (const file of ["brief.md", "translate.txt", "other.json"]) writeFileSync(join(templates, file), "");
    assert.deepEqual((await values("chat", "ask", "--conversation", "")).sort(), ["bread", "soup"]);
    assert.deepEqual(await lines("chat", "ask", "-t", ""), ["brief\t", "translate\t", "\tfiles"]);
    assert.deepEqual(await values("chat", "ask", "--template="), ["--template=brief", "--template=translate", ""]);
    assert.deepEqual(await lines("chat", "ask", "x", "-f", ""), ["\tfiles"]);
    assert.deepEqual(await values("--conversations", "--"), ["--json", "--raw", "--delete", "--help"]);
    assert.deepEqual(await values("--conversations", "--delete", "bread", ""), ["soup"]);
    assert.deepEqual(await values("--templates", ""), ["brief", "translate"]);
  });

  it("offers the voices that a tool has written down", async () => {
    const folder = join(String(place.env["XDG_STATE_HOME"]), "pipe-tools/voices");
    mkdirSync(folder, { recursive: true });
    assert.deepEqual(await values("tts", "say", "x", "--voice", ""), []);
    writeFileSync(join(folder, "tts.json"), JSON.stringify({ version: 1, voices: [{ name: "af_heart", languages: ["en-US", "en"] }, { name: 3 }] }));
    assert.deepEqual(await lines("tts", "say", "x", "--voice", ""), ["af_heart\ten-US, en"]);
    assert.deepEqual(await values("tts", "text", "--voice="), ["--voice=af_heart"]);
    writeFileSync(join(folder, "tts.json"), "{");
    assert.deepEqual(await values("tts", "say", "x", "--voice", ""), []);
  });

  it("offers tools where the daemon wants one", async () => {
    for (const cmd of ["start", "stop", "restart", "logs"]) assert.deepEqual(await values("supervisor", cmd, ""), ["chat", "tts", "sleepy", "upstream"]);
    assert.deepEqual(await values("supervisor", "logs", "chat", "--level", "w"), ["trace", "debug", "info", "warn", "error", "fatal"]);
  });

  it("offers what stands behind a mode", async () => {
    assert.deepEqual(await values("--logs", ""), ["chat", "tts", "sleepy", "upstream", "daemon", "gone"]);
    assert.deepEqual(await values("--logs", "-f", "chat", "t"), ["tts", "sleepy", "upstream", "daemon", "gone"]);
    assert.deepEqual(await values("--logs", "--"), ["--follow", "--since", "--level", "--lines", "--json", "--help"]);
    assert.deepEqual(await values("--completions", ""), ["bash", "zsh", "fish"]);
    assert.deepEqual(await values("--talk", "--tts", ""), ["tts"]);
    assert.deepEqual(await values("--install-service", "--"), ["--force", "--help"]);
    assert.ok((await values("--serve", "")).includes("echo"));
    assert.deepEqual(await lines("--list", ""), ["\tfiles"]);
    assert.ok((await values("--serve", "chat", "--")).includes("--context-size"));
    assert.deepEqual(await lines("--serve", "tts", "--model", ""), ["\tfiles"]);
    assert.deepEqual(await values("--serve", "tts", "--engine", ""), ["auto", "sherpa-onnx", "flite", "espeak-ng"]);
  });

  it("is silent about what it does not know, and without a daemon", async () => {
    assert.deepEqual(await values("no/such tool\n", "x", "--y="), []);
    assert.deepEqual(await values(), await values(""));
    const other = new Place();
    try {
      const { code, stdout } = await other.cpipe("--complete", "");
      assert.deepEqual({ code, stdout }, { code: 0, stdout: "supervisor\tthe daemon itself\n" });
    } finally {
      await other.close();
    }
  });
});

describe("cpipe --completions", () => {
  it("knows the shells, and says so of any other", async () => {
    for (const shell of ["bash", "zsh", "fish"]) assert.match((await place.cpipe("--completions", shell)).stdout, /--complete/);
    const { code, stderr } = await place.cpipe("--completions", "tcsh");
    assert.deepEqual([code, stderr], [2, "cpipe: --completions: expected bash, zsh, fish, got tcsh. As in: cpipe --completions bash > ~/.local/share/bash-completion/completions/cpipe\n"]);
  });
});
