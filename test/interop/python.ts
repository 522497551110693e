import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../fixtures/python/", import.meta.url));
const python = process.env["PYTHON"] ?? "python3";
const running = new Set<ChildProcess>();

export type Script = "chat_server.py" | "chat_client.py" | "cpipe.py" | "echo_server.py" | "session.py" | "stt_client.py" | "tts_client.py";
export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}
export interface PythonServer {
  pid: number;
  /** Resolves when it ended, for whatever reason. */
  ended: Promise<Finished>;
  /** SIGTERM, after which it removes its FIFO; `kill("SIGKILL")` leaves everything behind. */
  kill: (signal?: NodeJS.Signals) => Promise<Finished>;
}

/** Runs one of the upstream stand-ins to its end; `pipes` is the folder of the FIFOs. */
export function runPython(pipes: string, script: Script, ...args: string[]): Promise<Finished> {
  return finished(start(pipes, script, args));
}

/** Starts one of the upstream servers and waits until its FIFO is open. */
export async function startPythonServer(pipes: string, script: Script, ...args: string[]): Promise<PythonServer> {
  const child = start(pipes, script, args);
  const ended = finished(child);
  const lines = createInterface({ input: child.stdout });
  const ready = once(lines, "line").then(() => true);
  if (!(await Promise.race([ready, ended.then(() => false)]))) throw new Error(`${script} ended before it was ready: ${(await ended).stderr}`);
  const kill = (signal: NodeJS.Signals = "SIGTERM"): Promise<Finished> => {
    child.kill(signal);
    return ended;
  };
  return { pid: child.pid ?? -1, ended, kill };
}

/** For `after`: whatever a failed test has left running. */
export async function killPython(): Promise<void> {
  await Promise.all([...running].map((child) => (child.kill("SIGKILL"), once(child, "close"))));
}

function start(pipes: string, script: Script, args: string[]): ReturnType<typeof spawnPiped> {
  const child = spawnPiped([folder + script, ...args], { ...process.env, PIPE_TOOLS_PIPES: pipes, PYTHONDONTWRITEBYTECODE: "1", PYTHONUTF8: "1" });
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

function spawnPiped(args: string[], env: NodeJS.ProcessEnv) {
  return spawn(python, args, { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function finished(child: ReturnType<typeof spawnPiped>): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}
