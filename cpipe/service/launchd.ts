import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { NOT_INSTALLED, refuseForeign, type Service } from "./service.ts";
import { toldOf, writeServiceFile } from "./file.ts";
import { complaint, type Run } from "./program.ts";

const LABEL = "io.github.pipe-tools";

/** Where launchd finds agents, and what it has to be told besides. */
export interface Agent {
  readonly home: string;
  readonly uid: number;
  /** launchd makes no folder for the agent's output. */
  readonly logs: string;
}

/** Writes, loads and starts the launch agent; what to tell the person. @throws ToolError `service-failed`, `file-failed` */
export async function installAgent(service: Service, { home, uid, logs }: Agent): Promise<string> {
  const { run, text, daemon } = service;
  const path = pathIn(home);
  const target = `gui/${uid}/${LABEL}`;
  const before = refuseForeign(service, path, "copy what you need of it first");
  const running = await loadedPid(run, target);
  const elsewhere = daemon !== null && daemon !== running;
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  if (before !== "same") writeServiceFile(path, text);
  await must(run, `${path} ${toldOf(before)}, but it cannot be enabled`, "enable", target);
  if (running === null && !elsewhere) await must(run, `${path} ${toldOf(before)}, but launchd does not load it`, "bootstrap", `gui/${uid}`, path);
  return `${path} ${toldOf(before)}.\n${stateOf(elsewhere ? daemon : null, running !== null && before !== "same", { target, path, uid })}
It starts when you log in, and is started again when it crashes; its tools live through that.

  How it is      launchctl print ${target}
  Its messages   ${logs}/launchd.log
  Undo           cpipe --uninstall-service
`;
}

/** Stops, unloads and removes the launch agent; what to tell the person. Nothing to remove is no error. @throws ToolError `service-failed`, `file-failed` */
export async function uninstallAgent(service: Service, { home, uid }: Agent): Promise<string> {
  const { run } = service;
  const path = pathIn(home);
  const target = `gui/${uid}/${LABEL}`;
  const before = refuseForeign(service, path, null);
  const running = await loadedPid(run, target);
  if (before === "absent" && running === null) return `There is no ${path}; nothing had to be done.\n`;
  if (running !== null) await unload(run, target);
  rmSync(path, { force: true });
  return `${running === null || running === 0 ? "The service was not running." : "The daemon and its tools were stopped."} ${path} was removed.\nYour tools.yaml, logs and models are where they were.\n`;
}

/** Starts the agent that is installed; what to tell the person. @throws ToolError `service-failed` */
export async function startAgent(run: Run, { home, uid }: Agent): Promise<string> {
  const path = pathIn(home);
  const target = `gui/${uid}/${LABEL}`;
  const isLoaded = (await loadedPid(run, target)) !== null;
  if (!isLoaded && !existsSync(path)) throw new ToolError("service-failed", { reason: "the daemon is not installed as a service", hint: NOT_INSTALLED });
  await (isLoaded ? must(run, "the daemon does not start", "kickstart", target) : must(run, "launchd does not load it", "bootstrap", `gui/${uid}`, path));
  return "The service was started.";
}

function pathIn(home: string): string {
  return join(home, "Library/LaunchAgents", `${LABEL}.plist`);
}

function stateOf(elsewhere: number | null, outdated: boolean, { target, path, uid }: { target: string; path: string; uid: number }): string {
  const load = `launchctl bootstrap gui/${uid} ${path}`;
  if (elsewhere !== null) return `It was not started: a daemon runs already that is not the service's (pid ${elsewhere}).\nStop that one (Ctrl-C, or cpipe supervisor stop), then:  ${load}`;
  if (outdated) return `The daemon goes on as it was started. The new agent holds from your next login, or from:  launchctl bootout ${target}; ${load}`;
  return "The daemon runs as a service of yours.";
}

/** The pid of the agent's daemon, 0 when launchd has the agent and it does not run, null when it does not have it. */
async function loadedPid(run: Run, target: string): Promise<number | null> {
  const { code, stdout } = await run("launchctl", ["print", target]);
  return code === 0 ? Number(/^\s*pid = (\d+)$/m.exec(stdout)?.[1] ?? 0) : null;
}

/** EINPROGRESS: launchd does not wait for a daemon that takes its time to stop. */
const IN_PROGRESS = 36;
/** Between two looks, and how many: past ExitTimeOut of the agent. */
const LOOK_MS = 250;
const LOOKS = 160;

async function unload(run: Run, target: string): Promise<void> {
  const ran = await run("launchctl", ["bootout", target]);
  if (ran.code !== 0 && ran.code !== IN_PROGRESS) throw failed("the service cannot be stopped", complaint(ran));
  for (let looks = 0; (await loadedPid(run, target)) !== null; looks++) {
    if (looks === LOOKS) throw failed("the service does not stop", "launchd has it still");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS)); // launchd has no way to wait for it
  }
}

async function must(run: Run, reason: string, ...args: string[]): Promise<void> {
  const ran = await run("launchctl", args);
  if (ran.code === 0) return;
  // 125: "Domain does not support specified action", which is a shell without the user's screen behind it.
  throw failed(reason, ran.code === 127 ? "there is no launchctl here" : complaint(ran), ran.code === 125 ? "Run it in a terminal on this Mac's own screen" : undefined);
}

function failed(reason: string, because: string, hint?: string): ToolError {
  return new ToolError("service-failed", { reason: `${reason}: ${because}`, ...(hint === undefined ? {} : { hint }) });
}
