import type { Logger } from "pino";
import { ToolError } from "../pipes/protocol/errors.ts";
import { packageVersion } from "../pipes/protocol/package.ts";
import type { Places } from "../pipes/protocol/places.ts";
import { Banner } from "./banner.ts";
import { watchConfig } from "./config/watch.ts";
import { Daemon } from "./daemon.ts";
import { openDaemonLog } from "./logs/logger.ts";
import { ConfigSource } from "./source.ts";
import { announce } from "./systemd/announce.ts";

export interface RunOptions {
  /** Tells a person on standard output what happens. */
  readonly foreground: boolean;
  /** How a person calls cpipe here. */
  readonly cpipe: string;
}

/** The daemon with all that moves it: the config file, signals, the service manager. Resolves when it has been stopped. @throws ToolError when it cannot start */
export async function runDaemon(places: Places, options: RunOptions): Promise<void> {
  const { log, close } = openDaemonLog(places.logs);
  process.on("uncaughtExceptionMonitor", (error, origin) => log.fatal({ err: error, reason: `${origin}: ${error.message}` }, "the daemon crashed"));
  const source = new ConfigSource();
  // From before it is read: a change right after that must not be missed.
  const config = watchSource(source, log);
  const first = (await source.read()) ?? (await source.empty());
  log.level = first.logs.level;
  const daemon = new Daemon({ places, log, source, first });
  obeySignals(daemon, log);
  if (options.foreground) tellPerson(daemon, source, new Banner({ version: packageVersion(), config: source.path, origin: source.origin, logs: places.logs, cpipe: options.cpipe }, (text) => void process.stdout.write(text)));
  if (source.problems.length > 0) tellProblems(source, log, options.foreground ? process.stdout : process.stderr);

  const service = await announce(daemon.fleet, log);
  daemon.on("reloading", () => service.reloading()).on("reloaded", (applied) => service.reloaded(applied !== null)).on("stopping", () => service.stopping(daemon.fleet.stopBudget));
  try {
    await daemon.start();
  } catch (error) {
    log.fatal({ reason: ToolError.from(error).message }, "the daemon cannot start");
    throw error;
  }
  service.ready();
  config.onChanged(() => reload(daemon, "tools.yaml changed", log));
  await daemon.stopped;
  await config.close();
  close();
}

/** Reports changes of the config file, one that came before anybody asked for them included. */
function watchSource(source: ConfigSource, log: Logger): { onChanged: (then: () => void) => void; close: () => Promise<void> } {
  let missed = false;
  let changed = (): void => void (missed = true);
  const report = (error: unknown): void => log.error({ reason: String(error) }, "tools.yaml is not watched any more; reload by hand: cpipe supervisor reload");
  const watching = watchConfig({ paths: [...source.candidates], onChanged: () => changed(), onError: report });
  watching.catch(report);
  return {
    onChanged: (then) => {
      changed = then;
      if (missed) then();
    },
    close: async () => (await watching.catch(() => null))?.close(),
  };
}

/** What goes wrong with a reload is in the log and told by the event `reloaded`. */
function reload(daemon: Daemon, why: string, log: Logger): void {
  daemon.reload(why).catch((error: unknown) => {
    if (!(error instanceof ToolError)) log.error({ err: error, reason: String(error) }, "the reload failed");
  });
}

/** npm passes on a Ctrl-C that the terminal has sent to us already: two signals within this time are one. */
const SAME_ASK_MS = 500;

/** The first signal stops in order; a second one is from somebody who will not wait. */
function obeySignals(daemon: Daemon, log: Logger): void {
  let asked: number | null = null;
  const stop = (signal: string): void => {
    if (asked !== null) return performance.now() - asked > SAME_ASK_MS ? daemon.kill() : undefined;
    asked = performance.now();
    void daemon.stop(signal);
  };
  process.on("SIGTERM", stop).on("SIGINT", stop).on("SIGHUP", () => reload(daemon, "SIGHUP", log));
}

function tellPerson(daemon: Daemon, source: ConfigSource, banner: Banner): void {
  daemon.fleet.on("changed", (entry) => banner.changed(entry)).on("removed", (name) => banner.removed(name));
  daemon.on("stopping", () => banner.say("stopping …"));
  daemon.on("concluded", ({ name, outcome, reason }) => {
    if (outcome === "rolled back" || outcome === "failed") banner.say(`${name}: the change in tools.yaml ${outcome === "failed" ? "failed" : "was rolled back"}: ${reason ?? ""}`);
  });
  daemon.on("reloaded", (applied, notes) => {
    if (applied === null) return banner.say(`${source.rendered}\n\ntools.yaml was not applied; everything goes on as before.`);
    if (applied.length === 0 && notes.length === 0) banner.say("tools.yaml: nothing to change");
    for (const note of notes) banner.say(note);
  });
}

function tellProblems(source: ConfigSource, log: Logger, stream: NodeJS.WritableStream): void {
  log.error({ config: source.path, problems: source.problems, reason: source.problems.join("\n") }, "the config was not applied; running without tools until it is right");
  stream.write(`\n${source.rendered}\n\nNo tool runs until this is mended; a saved change takes effect at once.\n\n`);
}
