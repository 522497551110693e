import { spawn } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";

export interface AptOptions {
  /** Where what it needs to write lies. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** From 0 to 1; starts anew with each list or package. */
  readonly onProgress: (share: number) => void;
}

/** Whether this system has packages that could be brought. */
export async function hasApt(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const found = await Promise.all(["apt-get", "dpkg-deb"].map((name) => isInPath(name, env["PATH"] ?? "")));
  return found.every(Boolean);
}

/**
 * Brings packages' files into `folder`, for which nobody has to be root: checked and signed as always, and not installed. Where the lists of
 * packages are missing or old, it fetches its own. @throws Error, in words of apt's
 */
export async function downloadPackages(names: readonly string[], options: AptOptions): Promise<void> {
  try {
    await apt(["download", ...names], options);
  } catch (error) {
    if (options.signal.aborted) throw error;
    const own = await ownLists(options.folder);
    await apt([...own, "-o", "Acquire::Languages=none", "-o", "APT::Update::Error-Mode=any", "update"], options);
    await apt([...own, "download", ...names], options);
  }
}

/** What is in a package, below `target`. */
export function unpack(path: string, target: string, signal: AbortSignal): Promise<void> {
  return run("dpkg-deb", ["-x", path, target], { cwd: target, signal });
}

/** Libraries that the system's linker does not find for this one. */
export async function missingLibraries(path: string, signal: AbortSignal): Promise<string[]> {
  const missing: string[] = [];
  const onLine = (line: string): void => void missing.push(...(/^\s*(\S+) => not found/.exec(line)?.slice(1, 2) ?? []));
  await run("ldd", [path], { cwd: "/", signal, onLine });
  return missing;
}

function apt(args: readonly string[], { folder, signal, onProgress }: AptOptions): Promise<void> {
  const onStatus = (line: string): void => {
    const percent = /^dlstatus:[^:]*:([\d.]+):/.exec(line)?.[1];
    if (percent !== undefined) onProgress(Number(percent) / 100);
  };
  return run("apt-get", [...USUAL, ...args], { cwd: folder, signal, onStatus });
}

/** Another user, as apt likes to be for what it fetches, could not write into the folder. */
const USUAL = ["-q", "-o", "APT::Sandbox::User=", "-o", "APT::Status-Fd=3", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=5", "-o", "Acquire::https::Timeout=5"];

async function ownLists(folder: string): Promise<string[]> {
  const [lists, cache] = [join(folder, "lists"), join(folder, "cache")];
  await Promise.all([mkdir(join(lists, "partial"), { recursive: true }), mkdir(join(cache, "archives/partial"), { recursive: true })]);
  return ["-o", `Dir::State::Lists=${lists}`, "-o", `Dir::Cache=${cache}`, "-o", "Debug::NoLocking=1"];
}

interface RunOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
  /** What it writes to descriptor 3. */
  readonly onStatus?: (line: string) => void;
}

/** A mirror that answers and sends nothing, a lock that nobody gives back: it is ended when it says nothing for so long. */
const SILENT_MS = 60_000;

/** @throws Error with what the program has said, `cancelled` */
async function run(command: string, args: readonly string[], { cwd, signal, onLine, onStatus }: RunOptions): Promise<void> {
  if (signal.aborted) throw cancelled(signal);
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" } });
  const said: string[] = [];
  const end = (): void => void child.kill("SIGKILL");
  let silent = false;
  const patience = setTimeout(() => ((silent = true), end()), SILENT_MS);
  const read = (stream: unknown, take: (line: string) => void): void => {
    createInterface({ input: stream as Readable }).on("line", (line) => {
      patience.refresh();
      take(line);
    });
  };
  read(child.stdout, (line) => onLine?.(line));
  read(child.stderr, (line) => said.push(line));
  read(child.stdio[3], (line) => onStatus?.(line));
  signal.addEventListener("abort", end, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
    if (signal.aborted) throw cancelled(signal);
    if (code !== 0) throw new Error(silent ? `${command} said nothing for ${SILENT_MS / 1000} s` : `${command}: ${said.find((line) => line.startsWith("E:")) ?? said.at(-1) ?? `it ended with code ${code}`}`);
  } finally {
    clearTimeout(patience);
    signal.removeEventListener("abort", end);
  }
}

async function isInPath(name: string, path: string): Promise<boolean> {
  for (const folder of path.split(delimiter)) if (folder !== "" && (await access(join(folder, name)).then(() => true, () => false))) return true;
  return false;
}
