import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { acquireLock } from "../../../../pipes/transport/lock.ts";
import { ToolError } from "../../../../pipes/protocol/errors.ts";
import { findOrBring } from "../../../../servers/stt/pocketsphinx/bring.ts";
import { openPocketSphinx } from "../../../../servers/stt/pocketsphinx/decoder.ts";
import { findPocketSphinx, isFound, type PocketSphinx, type SearchPath, searchPath } from "../../../../servers/stt/pocketsphinx/files.ts";
import { root } from "../../../harness.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { say } from "../speech.ts";

/** Only what was brought into this folder. */
const only = (folder: string): SearchPath => ({ folders: [join(folder, "pocketsphinx")], libraries: [], models: [] });
const NOBODY = 65_534;

/** Whether we are root, and what we are made of lies where everybody may read. */
async function canBeNobody(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  return promisify(execFile)(process.execPath, ["--import", "tsx", "-e", "0"], { cwd: root, env: { PATH: process.env["PATH"] }, uid: NOBODY, gid: NOBODY }).then(() => true, () => false);
}

/** Brings it in a process of its own, as nobody where we are root; resolves with what that has written. */
async function bringAsNobody(folder: string): Promise<{ found: PocketSphinx; stages: string[] }> {
  const program = `
    const { findOrBring } = await import(${JSON.stringify(join(root, "servers/stt/pocketsphinx/bring.ts"))});
    const stages = [];
    const path = ${JSON.stringify(only(folder))};
    const found = await findOrBring({ tool: "stt", signal: AbortSignal.timeout(100000), path, onProgress: (stage, value) => stages.push(stage + " " + value) });
    console.log(JSON.stringify({ found, stages }));`;
  const env = { ...process.env, HOME: folder, TMPDIR: folder };
  const identity = (await canBeNobody()) ? { uid: NOBODY, gid: NOBODY } : {};
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], { cwd: root, env, ...identity });
  return JSON.parse(stdout) as { found: PocketSphinx; stages: string[] };
}

test("what the system lacks is brought from the distribution's packages by whoever is not root, and it understands speech", async () => {
  await using folder = await temporaryFolder();
  if (process.getuid?.() === 0) await chown(folder.path, NOBODY, NOBODY);
  const { found, stages } = await bringAsNobody(folder.path);
  assert.ok(found.library.startsWith(folder.path) && found.model.startsWith(folder.path), JSON.stringify(found));
  assert.ok(stages.some((stage) => stage.startsWith("downloading 0.")) && stages.some((stage) => stage.startsWith("unpacking")), stages.join());
  assert.deepEqual((await readdir(folder.path)).filter((name) => name.startsWith("pocketsphinx")), ["pocketsphinx", "pocketsphinx.lock"], "no draft is left");
  const decoder = await openPocketSphinx(found);
  const utterance = decoder.begin({ partial: true });
  await utterance.accept((await say("The weather is very nice today."))[0]!);
  assert.equal((await utterance.finish()).text, "the weather is very nice today");
});

test("of two that want it at once one brings it, and the other waits", async () => {
  await using folder = await temporaryFolder();
  const lock = acquireLock(join(folder.path, "pocketsphinx.lock"));
  assert.ok(lock !== null);
  const signal = new AbortController().signal;
  const found = await findOrBring({
    tool: "stt",
    signal,
    path: only(folder.path),
    onProgress: (stage) => {
      if (stage !== "waiting") assert.fail(`it is ${stage}`);
      void completed(folder.path).then(() => lock.release());
    },
  });
  assert.equal(found.model, join(folder.path, "pocketsphinx/model"));
});

/** As if somebody else had brought it. */
async function completed(folder: string): Promise<void> {
  const system = await findPocketSphinx();
  assert.ok(isFound(system));
  await mkdir(join(folder, "pocketsphinx/lib"), { recursive: true });
  await symlink(system.library, join(folder, "pocketsphinx/lib/libpocketsphinx.so.3"));
  await symlink(system.model, join(folder, "pocketsphinx/model"));
}

/** A PATH with these programs, as scripts, before all others. */
async function withPrograms(folder: string, programs: Readonly<Record<string, string>>): Promise<() => void> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const before = process.env["PATH"];
  process.env["PATH"] = `${bin}:${before}`;
  return () => void (process.env["PATH"] = before);
}

test("where nothing can be fetched it says so in apt's words, with the one command that helps, and leaves nothing", async () => {
  await using folder = await temporaryFolder();
  const restore = await withPrograms(folder.path, { "apt-get": "echo \"E: Failed to fetch http://deb.example: Temporary failure resolving 'deb.example'\" >&2; exit 100" });
  try {
    await assert.rejects(
      findOrBring({ tool: "stt", signal: new AbortController().signal, path: only(folder.path), onProgress: () => undefined }),
      (error) => error instanceof ToolError && error.code === "engine-failed" && /Temporary failure resolving.*Run: sudo apt install libpocketsphinx3 pocketsphinx-en-us/.test(error.message),
    );
  } finally {
    restore();
  }
  assert.deepEqual((await readdir(folder.path)).sort(), ["bin", "pocketsphinx.lock"]);
});

test("what takes too long can be cancelled, and apt goes with it", async () => {
  await using folder = await temporaryFolder();
  const mark = join(folder.path, "pid");
  const restore = await withPrograms(folder.path, { "apt-get": `echo $$ > ${mark}; echo dlstatus:1:12.5:Retrieving >&3; exec sleep 1000` });
  try {
    const abort = new AbortController();
    const bringing = findOrBring({ tool: "stt", signal: abort.signal, path: only(folder.path), onProgress: (_, value) => value > 0 && abort.abort() });
    await assert.rejects(bringing, (error) => error instanceof ToolError && error.code === "cancelled");
  } finally {
    restore();
  }
  const pid = Number(await readFile(mark, "utf8"));
  assert.throws(() => process.kill(pid, 0), /ESRCH/);
});

test("a system without apt is told what helps there", async () => {
  const before = process.env["PATH"];
  process.env["PATH"] = "/nowhere";
  try {
    await using folder = await temporaryFolder();
    await assert.rejects(findOrBring({ tool: "stt", signal: new AbortController().signal, path: only(folder.path), onProgress: () => undefined }), /no apt-get that could bring it.*Name a model for sherpa-onnx/);
  } finally {
    process.env["PATH"] = before;
  }
});

test("the system's own comes first, at once; PIPE_TOOLS_POCKETSPHINX goes before all, and is not searched beyond", async () => {
  const found = await findPocketSphinx();
  assert.ok(isFound(found) && found.library.startsWith("/usr/"), "the Debian packages are there");
  await using folder = await temporaryFolder();
  assert.deepEqual(await findPocketSphinx(searchPath({ PIPE_TOOLS_POCKETSPHINX: folder.path })), { library: true, model: true });
  assert.deepEqual(searchPath({ XDG_CACHE_HOME: folder.path }).folders, [join(folder.path, "pipe-tools/pocketsphinx")]);
});

test("the program that brings it ahead prints where it is", async () => {
  await using folder = await temporaryFolder();
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "servers/stt/pocketsphinx/main.ts"], { cwd: root, env: { ...process.env, XDG_CACHE_HOME: folder.path } });
  for (const path of stdout.trim().split("\n")) await stat(path);
  const refused = spawn(process.execPath, ["--import", "tsx", "servers/stt/pocketsphinx/main.ts"], { cwd: root, env: { ...process.env, PIPE_TOOLS_POCKETSPHINX: folder.path }, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  refused.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = await new Promise<[number]>((resolve) => refused.once("close", (code: number) => resolve([code])));
  assert.deepEqual([code, /sudo apt install/.test(said)], [4, true]);
});
