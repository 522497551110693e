import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { NOT_INSTALLED, refuseForeign, type Service } from "./service.ts";
import { toldOf, writeServiceFile } from "./file.ts";
import { complaint, type Ran, type Run } from "./program.ts";

const NAME = "pipe-tools";
const UNIT = `${NAME}.service`;

/** Writes, enables and starts the user unit; what to tell the person. @throws ToolError `service-failed`, `file-failed` */
export async function installUnit(service: Service, home: string, configHome: string | undefined): Promise<string> {
  const { run, text, daemon } = service;
  const path = await unitPath(run, home, configHome);
  const before = refuseForeign(service, path, `keep your changes with systemctl --user edit ${NAME}, which this command leaves alone`);
  const running = await mainPid(run);
  if (before !== "same") writeServiceFile(path, text);
  await must(run, `${path} ${toldOf(before)}, but systemd does not take it`, "daemon-reload");
  await must(run, `${path} ${toldOf(before)}, but it cannot be enabled`, "enable", UNIT);
  const elsewhere = daemon !== null && daemon !== running;
  if (running === 0 && !elsewhere) {
    await systemctl(run, "reset-failed", UNIT); // five crashes a minute ago are no reason not to start now
    await must(run, `${path} ${toldOf(before)} and enabled, but the daemon does not start`, "start", UNIT);
  }
  const pid = await mainPid(run);
  return `${path} ${toldOf(before)}.\n${stateOf(elsewhere ? daemon : null, pid, running !== 0 && before !== "same")}
It starts when you log in, and is started again when it crashes; its tools live through that.

  How it is      systemctl --user status ${NAME}
  Its messages   journalctl --user --unit ${NAME}
  Its settings   systemctl --user edit ${NAME}     (kept when cpipe --install-service is run again)
  Undo           cpipe --uninstall-service

To have it from the start of the machine on, and after you log out:  loginctl enable-linger
`;
}

/** Stops, disables and removes the user unit; what to tell the person. Nothing to remove is no error. @throws ToolError `service-failed`, `file-failed` */
export async function uninstallUnit(service: Service, home: string, configHome: string | undefined): Promise<string> {
  const { run } = service;
  const path = await unitPath(run, home, configHome);
  const before = refuseForeign(service, path, null);
  const running = await mainPid(run);
  if (before === "absent" && running === 0) return `There is no ${path}; nothing had to be done.\n`;
  await must(run, "the service cannot be stopped", "stop", UNIT);
  if (before !== "absent") {
    await must(run, "the service cannot be disabled", "disable", UNIT);
    rmSync(path, { force: true });
  }
  await must(run, `${path} was removed, but systemd does not forget it`, "daemon-reload");
  await systemctl(run, "reset-failed", UNIT); // a unit that failed stays in its lists for that
  const drop = `${path}.d`;
  return `${running === 0 ? "The service was not running." : "The daemon and its tools were stopped."} ${path} was removed.\nYour tools.yaml, logs and models are where they were.${existsSync(drop) ? `\nSo are your own settings of the service: ${drop}` : ""}\n`;
}

/** Starts the unit that is installed; what to tell the person. @throws ToolError `service-failed` */
export async function startUnit(run: Run): Promise<string> {
  const known = await systemctl(run, "cat", UNIT);
  if (known.code !== 0) throw new ToolError("service-failed", { reason: "the daemon is not installed as a service", hint: NOT_INSTALLED });
  await systemctl(run, "reset-failed", UNIT);
  await must(run, "the daemon does not start", "start", UNIT);
  return "The service was started.";
}

function stateOf(elsewhere: number | null, pid: number, outdated: boolean): string {
  if (elsewhere !== null) return `It is enabled, and was not started: a daemon runs already that is not the service's (pid ${elsewhere}).\nStop that one (Ctrl-C, or cpipe supervisor stop), then:  systemctl --user start ${NAME}`;
  if (outdated) return `The daemon goes on as it was started (pid ${pid}). The new unit holds from its next start:  systemctl --user restart ${NAME}`;
  return `The daemon runs as a service of yours (pid ${pid}).`;
}

/** The place for the user's own units that this systemd looks at. It answers only where there is one. @throws ToolError `service-failed` */
async function unitPath(run: Run, home: string, configHome: string | undefined): Promise<string> {
  const asked = await systemctl(run, "show", "--value", "--property=UnitPath");
  if (asked.code !== 0) throw noManager(asked);
  const looked = asked.stdout.trim().split(/\s+/);
  const places = [...(configHome?.startsWith("/") === true ? [configHome] : []), join(home, ".config")].map((folder) => join(folder, "systemd/user"));
  const folder = places.find((place) => looked.includes(place));
  if (folder !== undefined) return join(folder, UNIT);
  throw new ToolError("service-failed", { reason: `the systemd that answers here does not look for units in ${places.join(" or ")}, but in ${looked.join(", ")}`, hint: "It is another user's, or has another XDG_CONFIG_HOME" });
}

function noManager(asked: Ran): ToolError {
  const missing = asked.code === 127;
  return new ToolError("service-failed", {
    reason: `nothing was done: ${missing ? "there is no systemd here (no program systemctl)" : `your user's systemd does not answer (${complaint(asked)})`}`,
    hint: missing ? "cpipe --print-service shows what it would be given; start pipe-tools by whatever starts programs here" : "Log in as this user for it: a shell from su or sudo has no session. In a container there may be none at all; then start pipe-tools by itself",
  });
}

/** 0 when the service does not run. */
async function mainPid(run: Run): Promise<number> {
  const { stdout } = await systemctl(run, "show", "--value", "--property=MainPID", UNIT);
  return Number(stdout.trim()) || 0;
}

async function must(run: Run, reason: string, ...args: string[]): Promise<void> {
  const ran = await systemctl(run, ...args);
  if (ran.code !== 0) throw new ToolError("service-failed", { reason: `${reason}: ${complaint(ran)}`, hint: `See: systemctl --user status ${NAME}; journalctl --user --unit ${NAME}` });
}

function systemctl(run: Run, ...args: string[]): Promise<Ran> {
  return run("systemctl", ["--user", "--no-pager", "--no-ask-password", ...args]);
}
