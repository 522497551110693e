import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Place, program } from "../program.ts";
import { Tmux } from "../terminal/tmux.ts";
import { open, send, socketOf, tokens, viewerPid, writer } from "./open.ts";

let place: Place;
before(() => void (place = new Place()));
after(() => place.close());

for (const [name, end, code] of [
  ["q", async (tmux: Tmux) => tmux.press("q"), 0],
  ["Ctrl-C", async (tmux: Tmux) => tmux.press("C-c"), 130],
  ["SIGTERM", async (_: Tmux, pid: number) => void process.kill(pid, "SIGTERM"), 143],
  ["SIGHUP", async (_: Tmux, pid: number) => void process.kill(pid, "SIGHUP"), 129],
] as const) {
  test(`${name} gives the terminal back and removes the socket`, async (t) => {
    const { tmux, socket } = await open(t);
    await end(tmux, await viewerPid(await tmux.pid()));
    const rows = await tmux.shows("icanon");
    assert.deepEqual(rows.slice(0, 2), [`code ${code}`, "icanon"]);
    assert.ok(!existsSync(socket));
  });
}

test("a crash gives the terminal back before it says what it was", async (t) => {
  const file = join(place.root, "crash.mjs");
  writeFileSync(file, 'process.on("SIGUSR2", () => { throw new Error("a bug"); });');
  const { tmux, socket } = await open(t, { env: { NODE_OPTIONS: `--import=file://${file}` } });
  process.kill(await viewerPid(await tmux.pid()), "SIGUSR2");
  const rows = await tmux.shows("icanon");
  assert.match(rows.join("\n"), /Error: a bug[^]*\ncode 1\nicanon/);
  assert.ok(!existsSync(socket));
});

test("Ctrl-Z gives the terminal to the shell, and fg brings the viewer back", async (t) => {
  const at = new Place();
  const tmux = new Tmux(at.root, "exec sh -i", { ...at.env, PS1: "prompt> ", ENV: "" });
  t.after(async () => {
    await tmux.close();
    await at.close();
  });
  await tmux.shows("prompt>");
  await tmux.type(`"${process.execPath}" "${program}" --view`);
  await tmux.press("Enter");
  await tmux.shows("following");
  await tmux.press("C-z");
  await tmux.shows("Stopped");
  const sent = send(socketOf(at), "said meanwhile\n");
  await tmux.type("fg");
  await tmux.press("Enter");
  await tmux.shows("said meanwhile");
  await sent;
  await tmux.press("q");
  await tmux.until((screen) => screen.trimEnd().endsWith("prompt>"), "the shell");
});

test("in Vim's :terminal it works, and ends with Vim", async (t) => {
  const at = new Place();
  const tmux = new Tmux(at.root, `exec vim -Nu NONE -i NONE -c 'terminal ++close ${process.execPath} ${program} --view'`, at.env);
  t.after(async () => {
    await tmux.close();
    await at.close();
  });
  await tmux.shows("following");
  const connection = await writer(socketOf(at));
  connection.write(tokens("Hello from ", "Vim"));
  await tmux.shows("Hello from Vim");
  await tmux.press("?");
  await tmux.shows("up and down show more");
  await tmux.press("Space");
  await tmux.shows("copy the last answer");
  const gone = once(connection.resume(), "close");
  await tmux.press("C-w", ":");
  await tmux.type("qa!");
  await tmux.press("Enter");
  await gone;
  assert.ok(!existsSync(socketOf(at)));
});

const NEVER_READ = `
import os, pty, signal, sys
signal.alarm(30)
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
print(pid, os.read(terminal, 1024).hex(), flush=True)
sys.stdin.read()
os.kill(pid, 15)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
`;

test("a terminal that takes nothing any more holds up neither the writers nor the end", async () => {
  const python = spawn("python3", ["-c", NEVER_READ, process.execPath, program, "--view"], { env: { ...place.env, TERM: "xterm" }, stdio: ["pipe", "pipe", "inherit"] });
  await once(python.stdout, "data");
  const socket = socketOf(place);
  for (let at = 0; at < 20; at++) await send(socket, `${"x ".repeat(500)}\n`.repeat(1000));
  let said = "";
  python.stdout.on("data", (text: Buffer) => (said += text.toString()));
  python.stdin.end();
  await once(python, "close");
  assert.match(said, /(^|\n)(143|-15)\n$/);
  assert.ok(!existsSync(socket));
});

test("it ends with its terminal, and removes the socket", async (t) => {
  const { tmux, socket } = await open(t);
  const connection = await writer(socket);
  const gone = once(connection.resume(), "close");
  await tmux.close();
  await gone;
  assert.ok(!existsSync(socket));
});
