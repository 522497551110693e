import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { after, test } from "node:test";
import { Script } from "node:vm";
import { build } from "esbuild";
import { askFlags, callFlags, modeFlags } from "../../cpipe/flags.ts";
import { serviceFile } from "../../cpipe/commands/service.ts";
import { finished, Place, program, root, says } from "./program.ts";

const place = new Place();
after(() => place.close());

test("the bundle is our own code and Node's own modules, nothing else", async () => {
  const { metafile } = await build({ entryPoints: [join(root, "cpipe/main.ts")], bundle: true, platform: "node", format: "esm", packages: "external", external: ["./view/*", "./chat/*", "./top/*", "../mcp/*", "./turn.ts", "../markdown/*", "./commands/kept.ts"], metafile: true, write: false, logLevel: "silent" });
  const [output] = Object.values(metafile.outputs);
  const imports = new Set(output?.imports.filter(({ kind }) => kind !== "dynamic-import").map(({ path }) => path));
  assert.deepEqual([...imports].filter((path) => !path.startsWith("node:")), []);
  const sources = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
  assert.deepEqual(sources.filter((file) => !/(^|\/)(cpipe|logs|pipes\/(client|protocol|transport))\/|^audio\/(wav[a-z-]*|pcm)\.ts$/.test(file)), []);
});

/** The bundle that the program runs, and the code that V8 has compiled of it. */
const [bundle, code] = [".cjs", `-${process.versions["v8"]}-${process.arch}.code`].map((end) => {
  const [, name] = /chunks\/(cpipe-[0-9a-f]{8})\.cjs/.exec(readFileSync(program, "utf8")) ?? assert.fail("the program names no bundle");
  return join(dirname(program), "chunks", `${name}${end}`);
}) as [string, string];

/** In bytes. Who adds to it looks first whether all commands need that, or it can be one of the `parts` in scripts/build.mjs. */
const BUDGET = 300_000;

test("what is installed is plain JavaScript that can be run as it is, and small", () => {
  assert.ok(readFileSync(program, "utf8").startsWith("#!/usr/bin/env node\n"));
  assert.ok((statSync(program).mode & 0o111) !== 0);
  const text = readFileSync(bundle, "utf8");
  for (const [, from] of text.matchAll(/\brequire\("([^"]+)"\)/g)) assert.match(from ?? "", /^node:/);
  assert.ok(text.includes('import("./cpipe-view.js")') && !text.includes("?1049h"), "the viewer is a file of its own, loaded when it is wanted");
  assert.ok(text.includes('import("./cpipe-mcp.js")') && !text.includes("tools/list"), "so is the bridge for agents");
  assert.ok(!text.includes("?2004h"), "and the conversation");
  for (const part of ["asking", "markdown", "kept", "chat"]) assert.ok(text.includes(`import("./cpipe-${part}.js")`), part);
  assert.ok(!text.includes("TERM_SESSION_ID"), "and what conversations need");
  assert.ok(text.includes('import("./cpipe-top.js")') && !text.includes("LAST DEATH"), "and the dashboard");
  assert.ok(text.length < BUDGET, `${text.length} bytes`);
  assert.equal(Buffer.byteLength(text), text.length, "it is read as Latin 1");
});

test("it answers under its former name as well", () => {
  const former = program.replace(/\.cjs$/, ".js");
  assert.ok((statSync(former).mode & 0o111) !== 0);
  for (const args of [["--version"], ["--list", "--json"], ["nobody", "ping"]]) {
    const [now, before] = [program, former].map((path) => spawnSync(path, args, { env: place.env, encoding: "utf8" }));
    assert.deepEqual([before?.status, before?.stdout, before?.stderr], [now?.status, now?.stdout, now?.stderr], args.join(" "));
  }
});

test("V8 takes the code that was compiled at the build", () => {
  const script = new Script(readFileSync(bundle, "latin1"), { filename: basename(bundle), cachedData: readFileSync(code) });
  assert.equal(script.cachedDataRejected, false);
});

test("it runs where nothing can be written, without compiled code, and with code that is no code or another's", () => {
  const installed = join(place.root, "installed");
  const chunks = join(installed, "dist/chunks");
  mkdirSync(chunks, { recursive: true });
  for (const [from, to] of [[join(root, "package.json"), installed], [program, join(installed, "dist")], [bundle, chunks], [code, chunks]] as const) copyFileSync(from, join(to, basename(from)));
  const kept = join(chunks, basename(code));
  const works = readFileSync(code);
  const other = new Script("(function () { return 3; })").createCachedData();
  const runs = (): unknown => {
    chmodSync(chunks, 0o500);
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(installed, "dist", basename(program)), "--list", "--json"], { env: place.env, encoding: "utf8" });
    chmodSync(chunks, 0o700);
    return { status, tools: (JSON.parse(stdout) as { tools: unknown }).tools, stderr };
  };
  const well = { status: 0, tools: [], stderr: "" };
  assert.deepEqual(runs(), well);
  for (const bytes of [Buffer.alloc(0), Buffer.from("no code"), works.subarray(0, works.length / 2), other]) {
    writeFileSync(kept, bytes);
    assert.deepEqual(runs(), well, `with ${bytes.length} bytes in the place of the code`);
  }
  rmSync(kept);
  assert.deepEqual(runs(), well);
});

test("what of Node's own modules takes long to load is not loaded to list the tools", () => {
  const told = spawnSync(process.execPath, ["-e", 'process.argv = ["node", "cpipe", "--list"]; process.once("exit", () => require("fs").writeSync(2, JSON.stringify(process.moduleLoadList))); require(process.env.PROGRAM)'], { env: { ...place.env, PROGRAM: program }, encoding: "utf8" });
  const loaded = JSON.parse(told.stderr) as string[];
  assert.deepEqual(["child_process", "net", "tty", "crypto"].filter((name) => loaded.includes(`NativeModule ${name}`)), []);
});

test("docs/cpipe.md and the help have every flag", async () => {
  const texts = [readFileSync(join(root, "docs/cpipe.md"), "utf8"), (await place.cpipe("--help")).stdout];
  for (const { name, short } of [...callFlags, ...askFlags, ...modeFlags]) {
    for (const text of texts) assert.match(text, new RegExp(`${short === undefined ? "" : `-${short}\\W+`}--${name}\\b`));
  }
});

test("--version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  assert.deepEqual(await place.cpipe("--version"), { code: 0, signal: null, stdout: `${version}\n`, stderr: "" });
});

test("--serve becomes a built-in server: settings as flags, signals, exit code", async () => {
  const server = place.start("--serve", "echo", "--name", "other", "--volume", "3", "--voice-name", "plain");
  const done = finished(server);
  await says(server.stdout, "serving");
  assert.equal((await place.cpipe("other", "get_config")).stdout, '{"volume":3,"voiceName":"plain"}\n');
  server.kill("SIGTERM");
  assert.equal((await done).code, 0);
  assert.equal(existsSync(join(place.pipes, "tool-other")), false);
});

test("--serve passes on why a server cannot start", async () => {
  const first = place.start("--serve", "echo");
  await says(first.stdout, "serving");
  const second = place.start("--serve", "echo");
  const { code, stderr } = await finished(second);
  assert.deepEqual([code, /a server of 'echo' is already running/.test(stderr)], [125, true]);
  first.kill("SIGINT");
  await once(first, "exit");
});

test("--serve runs a file of one's own, TypeScript included", async () => {
  const file = join(place.root, "greeter.ts");
  writeFileSync(file, `import { ToolServer } from "pipe-tools/server";\nconst greet = ({ data }: { data?: string }): string => \`Hello, \${data}!\`;\nexport default new ToolServer({ name: "greeter" }).handler("greet", greet);\n`);
  const server = place.start("--serve", file);
  const done = finished(server);
  await says(server.stdout, "serving");
  assert.equal((await place.cpipe("greeter", "greet", "you")).stdout, "Hello, you!\n");
  server.kill("SIGTERM");
  assert.equal((await done).code, 0);
});

test("--serve of what is not there says what there is", async () => {
  const wrong = await place.cpipe("--serve", "ecoh");
  assert.deepEqual([wrong.code, wrong.stderr], [2, "cpipe: there is no built-in server 'ecoh'. Did you mean 'echo'?\n"]);
  assert.equal((await place.cpipe("--serve", "./missing.ts")).code, 2);
});

test("--init puts a tools.yaml into the config folder once", async () => {
  const path = join(String(place.env["XDG_CONFIG_HOME"]), "pipe-tools/tools.yaml");
  assert.deepEqual(await place.cpipe("--init"), { code: 0, signal: null, stdout: `${path}\n`, stderr: "" });
  assert.match(readFileSync(path, "utf8"), /^tools:/m);
  assert.equal((await place.cpipe("--init")).stdout, `${path} is there already; it was left as it is\n`);
});

test("--print-service is a filled unit for systemd, or an agent for launchd", () => {
  assert.match(serviceFile("linux"), /^ExecStart=.*daemon\/main\.js/m);
  assert.match(serviceFile("darwin"), /<plist version="1.0">/);
  for (const platform of ["linux", "darwin"] as const) assert.doesNotMatch(serviceFile(platform), /@[A-Z]+@/);
});

// A pseudo-terminal comes from Python's standard library; Node has none.
const onTerminal = (columns: string, ...args: string[]): string => {
  const script = "import os, pty, sys\nos.environ['TERM'] = 'xterm'\nstatus = pty.spawn(sys.argv[1:])\nsys.exit(os.waitstatus_to_exitcode(status))";
  const done = spawnSync(process.env["PYTHON"] ?? "python3", ["-c", script, process.execPath, program, ...args], { env: { ...place.env, COLUMNS: columns }, encoding: "utf8", input: "" });
  return done.stdout.replaceAll("\r\n", "\n");
};

test("on a terminal JSON is laid out, lists have colours, and news is shown on a line that goes again", async () => {
  const server = await place.serve("test/fixtures/servers/patient.ts");
  assert.equal(onTerminal("80", "patient", "fields"), '{\n  "a": 1,\n  "b": [\n    true\n  ],\n  "c": "x"\n}\n');
  // oxlint-disable-next-line no-control-regex -- colours are control characters
  assert.match(onTerminal("80", "--list"), /\u001b\[1mpatient\u001b\[0m/);
  const news = onTerminal("80", "patient", "news");
  assert.equal(news, `\rwaiting, place 2 in line (others are first)\rload 50%${" ".repeat(35)}${"\b".repeat(35)}\r${" ".repeat(8)}\rdone\n`);
  server.kill("SIGTERM");
  await once(server, "exit");
});
