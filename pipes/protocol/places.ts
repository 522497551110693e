import { homedir } from "node:os";
import { join } from "node:path";

/** Where everything is kept, by the XDG base directory rules. Every value is absolute; nothing is created here. */
export interface Places {
  /** 0700, one per user: registry and lock. */
  readonly runtime: string;
  readonly registry: string;
  readonly lock: string;
  /** The folder of the tools' ledgers: what each process has read and not answered. */
  readonly ledgers: string;
  /** Where the user's own tools.yaml is, whether or not it exists. */
  readonly config: string;
  readonly logs: string;
  /** How much memory each tool was seen to need. */
  readonly sizes: string;
  /** The folder of what the voices of each tool for speech are called. */
  readonly voices: string;
  /** Conversations of the terminal, a file each. */
  readonly conversations: string;
  /** What was typed in them. */
  readonly typed: string;
  /** The user's own prompt templates, a file each. */
  readonly templates: string;
  readonly models: string;
  /** A folder for each chat tool, of conversations that have lost their context to others. */
  readonly parked: string;
  readonly data: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function places(env: Environment = process.env, uid: number = process.getuid?.() ?? 0): Places {
  const home = env["HOME"] || homedir();
  const base = (variable: string, fallback: string): string => absolute(env[variable]) ?? join(home, fallback);
  const runtimeBase = absolute(env["XDG_RUNTIME_DIR"]);
  const runtime = runtimeBase === null ? `/tmp/pipe-tools-${uid}` : join(runtimeBase, "pipe-tools");
  return {
    runtime,
    registry: join(runtime, "registry.json"),
    lock: join(runtime, "lock"),
    ledgers: join(runtime, "ledger"),
    config: absolute(env["PIPE_TOOLS_CONFIG"]) ?? join(base("XDG_CONFIG_HOME", ".config"), "pipe-tools", "tools.yaml"),
    logs: join(base("XDG_STATE_HOME", ".local/state"), "pipe-tools", "logs"),
    sizes: join(base("XDG_STATE_HOME", ".local/state"), "pipe-tools", "sizes.json"),
    voices: join(base("XDG_STATE_HOME", ".local/state"), "pipe-tools", "voices"),
    conversations: join(base("XDG_STATE_HOME", ".local/state"), "pipe-tools", "conversations"),
    typed: join(base("XDG_STATE_HOME", ".local/state"), "pipe-tools", "typed.jsonl"),
    templates: join(base("XDG_CONFIG_HOME", ".config"), "pipe-tools", "templates"),
    models: join(base("XDG_CACHE_HOME", ".cache"), "pipe-tools", "models"),
    parked: join(base("XDG_CACHE_HOME", ".cache"), "pipe-tools", "parked"),
    data: join(base("XDG_DATA_HOME", ".local/share"), "pipe-tools"),
  };
}

/** The XDG rules say to ignore a value that is not an absolute path. */
function absolute(value: string | undefined): string | null {
  return value !== undefined && value.startsWith("/") ? value : null;
}
