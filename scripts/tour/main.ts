// Takes the tour of the README: runs its commands against a real daemon and compares what they print with what is shown there.
// Everything happens in the HOME, XDG folders and $PIPE_TOOLS_PIPES that it is given; .ci/run gives it fresh ones.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { missingLine, type TourBlock, tourBlocks } from "./blocks.ts";

const START_MS = 180_000;
const STEP_MS = 60_000;
/** A person's second is a long time; on a machine that runs other tests beside this one it may be too short. */
const PATIENCE = `sleep() { command sleep "$(($1 * 4))"; }`;
const root = fileURLToPath(new URL("../..", import.meta.url));
const pipes = process.env["PIPE_TOOLS_PIPES"];
if (pipes === undefined) throw new Error("set HOME and PIPE_TOOLS_PIPES to fresh folders: the tour writes a tools.yaml");

const blocks = tourBlocks(readFileSync(join(root, "README.md"), "utf8"));
const [first] = blocks.filter(({ kind }) => kind === "start");
if (first === undefined) throw new Error("README.md has no block that starts the daemon");
const daemon = await start(first);
try {
  for (const block of blocks.filter(({ kind }) => kind === "step")) take(block);
} finally {
  await stop(daemon);
}
const left = readdirSync(pipes);
if (left.length > 0) throw new Error(`expected no pipe after the daemon's end, found ${left.join(", ")}`);
console.log(`the README's tour: ${blocks.length} blocks did what they show`);

/** Resolves when the banner says what to type next. */
async function start({ commands }: TourBlock): Promise<ChildProcess> {
  console.log(`$ ${commands} &`);
  const child = spawn("bash", ["-c", `exec ${commands}`], { cwd: root, stdio: ["ignore", "pipe", "inherit"], detached: true });
  let said = "";
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the daemon was not ready within ${START_MS / 1000} s`)), START_MS);
    child.once("exit", (code) => reject(new Error(`the daemon ended with ${code}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      process.stdout.write(chunk);
      said += chunk.toString();
      if (!said.includes("In another terminal:")) return;
      clearTimeout(timer);
      resolve();
    });
  });
  await ready;
  return child;
}

function take({ commands, shown, line }: TourBlock): void {
  console.log(`$ ${commands.replaceAll("\n", "\n  ")}`);
  const done = spawnSync("bash", ["-euo", "pipefail", "-c", `exec 2>&1\n${PATIENCE}\n${commands}`], { cwd: root, encoding: "utf8", timeout: STEP_MS, stdio: ["ignore", "pipe", "inherit"] });
  process.stdout.write(`${done.stdout.trimEnd()}\n`);
  if (done.status !== 0) throw new Error(`README.md:${line}: ended with ${done.signal ?? done.status}`);
  const missing = shown === null ? null : missingLine(shown, done.stdout);
  if (missing !== null) throw new Error(`README.md:${line}: this line is shown there and did not come: ${missing}`);
}

/** As Ctrl-C does it: to everything in the terminal's foreground. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  process.kill(-child.pid, "SIGINT");
  const forced = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"), 30_000);
  await ended;
  clearTimeout(forced);
}
