import { parseArgs } from "node:util";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { isatty } from "node:tty";
import { ToolError } from "../pipes/protocol/errors.ts";
import { packageVersion } from "../pipes/protocol/package.ts";
import { places as placesOf } from "../pipes/protocol/places.ts";
import { ensurePrivateFolder } from "../pipes/transport/folder.ts";
import { acquireLock, lockHolder } from "../pipes/transport/lock.ts";
import { outliveTerminals } from "../pipes/transport/terminals.ts";
import { type Cleared, clearAway } from "./inheritance/clearance.ts";
import { runDaemon } from "./run.ts";

const HELP = `Usage: pipe-tools [--foreground] [--config FILE]
       pipe-tools --end-leftovers

Keeps the tools that tools.yaml names running behind named pipes.

  --foreground     show the tools' states on standard output (the default on a terminal)
  --config FILE    use this tools.yaml instead of the one in your config folder
  --end-leftovers  end what a daemon that crashed has left, unless another one runs
  --version        print the version
  --help           print this

Talk to the tools with cpipe:  cpipe --list
`;
/** A failure that starting again will not mend; the systemd unit knows it. */
const PERMANENT = 125;

outliveTerminals();

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const error = ToolError.from(thrown, "handler-failed", { cmd: "start" });
  process.stderr.write(`pipe-tools: ${error.message}\n`);
  process.exitCode = error.code === "usage" ? 2 : error.retryable || error.code === "handler-failed" ? 1 : PERMANENT;
}
process.exit();

async function main(argv: string[]): Promise<number> {
  // Nobody looks any more: the daemon goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const options = parse(argv);
  if (options.help) return print(HELP);
  if (options.version) return print(`${packageVersion()}\n`);
  if (options.config !== undefined) process.env["PIPE_TOOLS_CONFIG"] = absolute(options.config);
  // A daemon that a tool of another daemon has started is nobody's worker.
  for (const name of ["TOOL", "SUPERVISED", "SETTINGS", "DESCRIPTION", "LEDGER", "RUN"]) delete process.env[`PIPE_TOOLS_${name}`];
  process.umask(0o077);

  const places = placesOf();
  ensurePrivateFolder(places.runtime);
  if (options.endLeftovers) return tellCleared(await clearAway(places));
  const lock = acquireLock(places.lock);
  if (lock === null) throw new ToolError("already-running", { what: "the pipe-tools daemon", pid: lockHolder(places.lock), hint: "See its tools with: cpipe --list" });
  ensurePrivateFolder(places.logs);
  await runDaemon(places, { foreground: options.foreground, cpipe: cpipeName() });
  lock.release();
  return 0;
}

interface Options {
  readonly foreground: boolean;
  readonly config: string | undefined;
  readonly endLeftovers: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

function parse(argv: string[]): Options {
  try {
    const { values } = parseArgs({
      args: argv,
      options: { foreground: { type: "boolean" }, config: { type: "string" }, "end-leftovers": { type: "boolean" }, help: { type: "boolean", short: "h" }, version: { type: "boolean" } },
    });
    return { foreground: values.foreground ?? isatty(1), config: values.config, endLeftovers: values["end-leftovers"] ?? false, help: values.help ?? false, version: values.version ?? false };
  } catch (error) {
    throw new ToolError("usage", { reason: (error as Error).message, hint: "See: pipe-tools --help" });
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function tellCleared(cleared: Cleared | null): number {
  if (cleared === null) return print("nothing was ended: a daemon has these tools, or is about to\n");
  const { ended, removed } = cleared;
  return print(ended.length + removed.length === 0 ? "nothing was left\n" : `ended: ${ended.join(" ") || "no process"}; pipes removed: ${removed.length}\n`);
}

function absolute(path: string): string {
  if (existsSync(path)) return resolve(path);
  throw new ToolError("usage", { reason: `--config ${path}: there is no such file` });
}

/** From a checkout cpipe is called through npx; installed, by its name. */
function cpipeName(): string {
  return process.env["npm_lifecycle_event"] === "start" ? "npx cpipe" : "cpipe";
}
