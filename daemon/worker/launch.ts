import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../pipes/protocol/package.ts";
import type { Environment } from "../../pipes/protocol/places.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import { SYSTEMD_VARIABLES } from "../systemd/notify.ts";
import { ledgerPath } from "../pipe/ledger.ts";
import { fileNameOf } from "./standby.ts";
import type { Launch } from "./process.ts";

export interface LaunchContext {
  /** The folder of the FIFOs. */
  readonly pipes: string;
  /** The folder of the ledgers. */
  readonly ledgers: string;
  /** pino level. */
  readonly logLevel: string;
  /** What the worker's environment starts from; process.env unless given. */
  readonly env?: Environment;
  /** The folder of our package.json. */
  readonly root?: string;
}

/** What belongs to the daemon as a service; a worker that inherited it could speak to the service manager in its name. */
export const NOT_INHERITED: readonly string[] = [...SYSTEMD_VARIABLES, "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE"];

/** How to start the worker of a tool. docs/design.md has the table of variables. */
export function launchOf(spec: ToolSpec, context: LaunchContext): Launch {
  return { argv: argvOf(spec, context.root ?? packageRoot()), env: environmentOf(spec, context), cwd: spec.cwd };
}

function argvOf(spec: ToolSpec, root: string): readonly string[] {
  switch (spec.kind) {
    case "server":
      return [process.execPath, join(root, "dist/servers", spec.server ?? "", "main.js")];
    case "module": {
      const module = spec.module ?? "";
      return [process.execPath, ...(isTypeScript(module) ? ["--import", ourTsx()] : []), join(root, "dist/servers/host.js"), module];
    }
    case "command":
      return spec.command ?? [];
  }
}

function environmentOf(spec: ToolSpec, context: LaunchContext): Launch["env"] {
  const inherited = Object.fromEntries(Object.entries(context.env ?? process.env).filter(([name]) => !NOT_INHERITED.includes(name) && name !== "PIPE_TOOLS_DESCRIPTION" && name !== "PIPE_TOOLS_LEDGER" && name !== "PIPE_TOOLS_STANDBY"));
  const ledger = ledgerPath(context.ledgers, fileNameOf(spec));
  return {
    ...inherited,
    ...spec.env,
    PIPE_TOOLS_TOOL: spec.name,
    PIPE_TOOLS_PIPES: context.pipes,
    PIPE_TOOLS_SETTINGS: JSON.stringify(spec.settings),
    ...(spec.description === "" ? {} : { PIPE_TOOLS_DESCRIPTION: spec.description }),
    PIPE_TOOLS_SUPERVISED: "1",
    ...(existsSync(ledger) ? { PIPE_TOOLS_LEDGER: ledger } : {}),
    PIPE_TOOLS_LOG_LEVEL: context.logLevel,
  };
}

const isTypeScript = (path: string): boolean => /\.[cm]?ts$/.test(path);

/** As a URL, because `--import tsx` would be looked for from the worker's folder, where a user need not have it. */
function ourTsx(): string {
  return import.meta.resolve("tsx");
}
