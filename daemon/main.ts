import { parseArgs } from "node:util";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";
import { packageVersion } from "../pipes/protocol/package.ts";
import { places as placesOf } from "../pipes/protocol/places.ts";
import { ensurePrivateFolder } from "../pipes/transport/folder.ts";
import { acquireLock, lockHolder } from "../pipes/transport/lock.ts";
import { Banner } from "./banner.ts";
import { watchConfig } from "./config/watch.ts";
import { Daemon } from "./daemon.ts";
import { openDaemonLog } from "./logs/logger.ts";
import { ConfigSource } from "./source.ts";
import { announce } from "./systemd/announce.ts";

const HELP = `Usage: pipe-tools [--foreground] [--config FILE]

Keeps the tools that tools.yaml names running behind named pipes.

  --foreground    show the tools' states on standard output (the default on a terminal)
  --config FILE   use this tools.yaml instead of the one in your config folder
  --version       print the version
  --help          print this

Talk to the tools with cpipe:  cpipe --list
`;
/** A failure that starting again will not mend; the systemd unit knows it. */
const PERMANENT = 125;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const error = ToolError.from(thrown, "handler-failed", { cmd: "start" });
  process.stderr.write(`pipe-tools: ${error.message}\n`);
  process.exit(error.code === "usage" ? 2 : error.retryable ? 1 : PERMANENT);
}
process.exit();

async function main(argv: string[]): Promise<number> {
  const options = parse(argv);
  if (options.help) return print(HELP);
  if (options.version) return print(`${packageVersion()}\n`);
  if (options.config !== undefined) process.env["PIPE_TOOLS_CONFIG"] = absolute(options.config);
  // A daemon that a tool of another daemon has started is nobody's worker.
  for (const name of ["PIPE_TOOLS_TOOL", "PIPE_TOOLS_SUPERVISED", "PIPE_TOOLS_SETTINGS", "PIPE_TOOLS_DESCRIPTION"]) delete process.env[name];
  process.umask(0o077);

  const places = placesOf();
  ensurePrivateFolder(places.runtime);
  const lock = acquireLock(places.lock);
  if (lock === null) throw new ToolError("already-running", { what: "the pipe-tools daemon", pid: lockHolder(places.lock), hint: "See its tools with: cpipe --list" });
  ensurePrivateFolder(places.logs);
  const source = new ConfigSource();
  const first = (await source.read()) ?? source.empty();
  const { log, close } = openDaemonLog(places.logs, first.logs.level);
  const daemon = new Daemon({ places, log, source, first });

  const banner = options.foreground ? new Banner({ version: packageVersion(), config: source.path, origin: source.origin, logs: places.logs, cpipe: cpipeName() }, (text) => void process.stdout.write(text)) : null;
  process.stdout.on("error", () => undefined); // nobody looks any more; the daemon goes on
  if (banner !== null) daemon.fleet.on("changed", (entry) => banner.changed(entry)).on("removed", (name) => banner.removed(name));
  if (source.problems.length > 0) {
    log.error({ config: source.path, problems: source.problems, reason: source.problems.join("\n") }, "the config was not applied; running without tools until it is right");
    (banner === null ? (text: string) => process.stderr.write(`${text}\n`) : (text: string) => banner.say(text))(`${source.rendered}\n\nNo tool runs until this is mended; a saved change takes effect at once.`);
  }

  const service = await announce(daemon.fleet, log);
  await daemon.start();
  service.ready();
  const reload = serially(async (why: string) => {
    service.reloading();
    try {
      const applied = await daemon.reload(why);
      if (applied.length === 0) banner?.say("tools.yaml: nothing to change");
    } catch (error) {
      if (!(error instanceof ToolError)) log.error({ err: error, reason: String(error) }, "the reload failed");
      banner?.say(`${source.rendered || String(error)}\n\ntools.yaml was not applied; everything goes on as before.`);
    } finally {
      service.ready();
    }
  });
  const watching = await watchConfig({
    paths: [...source.candidates],
    onChanged: () => void reload("tools.yaml changed"),
    onError: (error) => log.error({ reason: String(error) }, "tools.yaml is not watched any more; reload by hand: cpipe supervisor reload"),
  });
  process.on("SIGHUP", () => void reload("SIGHUP"));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      service.stopping();
      banner?.say("stopping …");
      process.once(signal, () => daemon.kill());
      void daemon.stop(signal);
    });
  }

  await daemon.stopped;
  await watching.close();
  close();
  lock.release();
  return 0;
}

interface Options {
  readonly foreground: boolean;
  readonly config: string | undefined;
  readonly help: boolean;
  readonly version: boolean;
}

function parse(argv: string[]): Options {
  try {
    const { values } = parseArgs({
      args: argv,
      options: { foreground: { type: "boolean" }, config: { type: "string" }, help: { type: "boolean", short: "h" }, version: { type: "boolean" } },
    });
    return { foreground: values.foreground ?? process.stdout.isTTY === true, config: values.config, help: values.help ?? false, version: values.version ?? false };
  } catch (error) {
    throw new ToolError("usage", { reason: (error as Error).message, hint: "See: pipe-tools --help" });
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function absolute(path: string): string {
  if (existsSync(path)) return resolve(path);
  throw new ToolError("usage", { reason: `--config ${path}: there is no such file` });
}

/** From a checkout cpipe is called through npx; installed, by its name. */
function cpipeName(): string {
  return process.env["npm_lifecycle_event"] === "start" ? "npx cpipe" : "cpipe";
}

/** Runs one at a time; calls that come meanwhile become one more run. */
function serially(run: (why: string) => Promise<void>): (why: string) => Promise<void> {
  let current: Promise<void> | null = null;
  let next: string | null = null;
  return async function request(why: string): Promise<void> {
    if (current !== null) {
      next = why;
      return current;
    }
    current = run(why);
    await current;
    current = null;
    const again = next;
    next = null;
    if (again !== null) await request(again);
  };
}
