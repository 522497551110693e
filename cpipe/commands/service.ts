import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isAlive, readRegistry } from "../../pipes/client/registry.ts";
import { launchAgent, systemdUnit } from "../../pipes/client/unit.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { packageRoot } from "../../pipes/protocol/package.ts";
import { places } from "../../pipes/protocol/places.ts";
import { installAgent, startAgent, uninstallAgent } from "../service/launchd.ts";
import { complaint, type Run, runProgram } from "../service/program.ts";
import type { Service } from "../service/service.ts";
import { installUnit, startUnit, uninstallUnit } from "../service/systemd.ts";

/** The service file of this installation: a systemd unit, or on macOS a launch agent. */
export function serviceFile(platform: NodeJS.Platform = process.platform): string {
  const root = packageRoot();
  const installation = { node: process.execPath, daemon: daemonMain(), environment: environmentOf(process.env), readme: pathToFileURL(join(root, "README.md")).href, logs: places().logs };
  return platform === "darwin"
    ? launchAgent(readFileSync(join(root, "launchd/io.github.pipe-tools.plist"), "utf8"), installation)
    : systemdUnit(readFileSync(join(root, "systemd/pipe-tools.service"), "utf8"), installation);
}

/** `cpipe --install-service`: what was done and what to do next. @throws ToolError `usage`, `service-failed`, `file-failed` */
export async function installService(force: boolean, platform: NodeJS.Platform = process.platform, run: Run = runProgram): Promise<string> {
  refuseRoot();
  if (/\/_npx\//.test(packageRoot())) throw new ToolError("usage", { reason: "this cpipe runs from npx's cache, which does not last", hint: "Install it first: npm install --global pipe-tools" });
  const service = { text: serviceFile(platform), force, daemon: daemonPid(), run };
  return platform === "darwin" ? installAgent(service, agent()) : installUnit(service, homedir(), process.env["XDG_CONFIG_HOME"]);
}

/** `cpipe --uninstall-service`: what was done. @throws ToolError `usage`, `service-failed`, `file-failed` */
export async function uninstallService(force: boolean, platform: NodeJS.Platform = process.platform, run: Run = runProgram): Promise<string> {
  refuseRoot();
  const service: Service = { text: serviceFile(platform), force, daemon: daemonPid(), run };
  const told = platform === "darwin" ? await uninstallAgent(service, agent()) : await uninstallUnit(service, homedir(), process.env["XDG_CONFIG_HOME"]);
  // Of a daemon that had crashed and was not started again, there may be workers still. Where one runs, nothing happens.
  const ended = await run(process.execPath, [daemonMain(), "--end-leftovers"]);
  if (ended.code !== 0) throw new ToolError("service-failed", { reason: `the service was removed, but what a crashed daemon left was not: ${complaint(ended)}` });
  return told;
}

/** Starts the daemon where it is installed as a service: what was done. @throws ToolError `service-failed` */
export function startService(platform: NodeJS.Platform = process.platform, run: Run = runProgram): Promise<string> {
  return platform === "darwin" ? startAgent(run, agent()) : startUnit(run);
}

function daemonMain(): string {
  return join(packageRoot(), "dist/daemon/main.js");
}

function agent(): { home: string; uid: number; logs: string } {
  return { home: homedir(), uid: process.getuid?.() ?? 0, logs: places().logs };
}

function daemonPid(): number | null {
  const daemon = readRegistry()?.daemon;
  return daemon !== undefined && isAlive(daemon.pid, daemon.startTime) ? daemon.pid : null;
}

function refuseRoot(): void {
  if (process.getuid?.() === 0 && process.env["SUDO_UID"] !== undefined) throw new ToolError("usage", { reason: "the service is your own user's, and with sudo it would be root's", hint: "Run it without sudo" });
}

/** What moves the daemon's places in this shell moves them in the service, too. */
const PLACES = ["PIPE_TOOLS_CONFIG", "PIPE_TOOLS_PIPES", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"];

function environmentOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const set = PLACES.flatMap((name) => (env[name]?.startsWith("/") === true ? [[name, env[name]] as const] : []));
  return { PATH: lastingPath(env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"), ...Object.fromEntries(set) };
}

/** Without the folders that npm and npx put in front for one command. */
function lastingPath(path: string): string {
  return path.split(":").filter((folder) => !/node_modules|\/_npx\//.test(folder)).join(":");
}
