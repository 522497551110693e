import { Type, type Static } from "typebox";
import { DEFAULT_PIPES } from "./names.ts";
import { duration, durationOrNever, size } from "./units.ts";

/** The shape of tools.yaml and of one tool in it. What is not said there has the `default` that stands here. */

export const RESTART_POLICIES = ["always", "on-failure", "never"] as const;
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
/** In a schema, `expects` is for messages: what is wanted, in words, where a pattern says it badly. */
const closed = { additionalProperties: false } as const;
const optional = Type.Optional;

/** Taken as it is written: `1.10` stays 1.10. */
const scalar = Type.Unsafe<string | number | boolean>({ type: ["string", "number", "boolean"] });

const Policy = Type.Enum([...RESTART_POLICIES], {
  default: "always",
  description: "When a worker that ended by itself is started again: always, on-failure (any end but exit code 0), or never. Exit code 125 is never followed by a restart.",
});

export const RestartSettings = Type.Object(
  {
    policy: optional(Policy),
    backoff: optional(
      Type.Object(
        {
          initial: optional(duration({ default: "200ms", least: 1, description: "The pause before the second restart in a row; the first restart comes at once." })),
          factor: optional(Type.Number({ minimum: 1, maximum: 100, default: 2, description: "Each further pause is this many times longer." })),
          max: optional(duration({ default: "30s", least: 1, description: "The longest pause." })),
          jitter: optional(Type.Number({ minimum: 0, maximum: 1, default: 0.2, description: "Each pause is shortened by chance, by at most this share of it." })),
        },
        { ...closed, description: "The pauses between restarts in a row." },
      ),
    ),
    healthyAfter: optional(duration({ default: "10s", description: "After this long ready, earlier deaths no longer lengthen the pause." })),
    limit: optional(
      Type.Object(
        {
          count: optional(Type.Integer({ minimum: 1, maximum: 100_000, default: 8, description: "More deaths than this …" })),
          window: optional(duration({ default: "1m", least: 1, description: "… within this time make the tool `failed`." })),
        },
        { ...closed, description: "When restarting is given up for the slow rate of `probe`." },
      ),
    ),
    probe: optional(duration({ default: "1m", least: 100, description: "A tool that failed by its limit is tried again this often." })),
  },
  { ...closed, description: "When and how fast a worker that died is started again." },
);

export const TimeoutSettings = Type.Object(
  {
    start: optional(duration({ default: "30s", least: 1, description: "From the start of a worker until it first answers on its pipe; prolonged, up to `load`, while it is seen to be at work. Loading its model after that may take as long as it takes." })),
    load: optional(durationOrNever({ default: "30m", least: 1, description: "The longest that a worker which is seen to be at work may take to answer at all." })),
    drain: optional(duration({ default: "5s", description: "Before a stop: how long requests being answered may take to end." })),
    stop: optional(duration({ default: "3s", description: "After `stop` was said over the pipe: how long until SIGTERM." })),
    kill: optional(duration({ default: "2s", description: "After SIGTERM: how long until SIGKILL." })),
  },
  { ...closed, description: "How long each step may take." },
);

export const HealthSettings = Type.Object(
  {
    interval: optional(duration({ default: "10s", least: 100, description: "How often a running worker is asked how it does." })),
    answer: optional(durationOrNever({ default: "20s", least: 100, description: "A worker that leaves that question unanswered for this long is hung, and is replaced. A server of the older protocol is not asked while it says that it is busy." })),
    progress: optional(durationOrNever({ default: "10m", least: 100, description: "A worker that has requests under way and has got no further with any of them for this long is hung, and is replaced." })),
    refuse: optional(durationOrNever({ default: "never", least: 100, description: "A worker whose state is `error` for this long is started again." })),
  },
  { ...closed, description: "How a worker that hangs is told from one that is busy." },
);

const Env = Type.Record(
  Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }),
  scalar,
  { ...closed, expects: "a name of letters, digits and _", description: "Environment variables of the worker, added to the daemon's own." },
);

export const KEEP_MODES = ["always", "on-demand"] as const;
const KeepIdle = Type.Object(
  {
    idle: duration({ least: 1000, description: "Without a request for this long, its weights are released." }),
    preload: optional(Type.Boolean({ default: true, description: "Loaded when the daemon starts, not only by the first request." })),
  },
  { ...closed, description: "Released when idle." },
);

const names = (description: string) => Type.Array(Type.String({ minLength: 1 }), { maxItems: 100, description });

/** What any tool may say, and `defaults:` says for all of them. */
const policyKeys = {
  autostart: optional(Type.Boolean({ default: true, description: "Whether the daemon starts it by itself." })),
  restart: optional(
    Type.Union([Policy, RestartSettings], { description: "When a worker that died is started again: always, on-failure, never, or a map with the details." }),
  ),
  timeouts: optional(TimeoutSettings),
  health: optional(HealthSettings),
  keep: optional(
    Type.Union([Type.Enum([...KEEP_MODES]), KeepIdle], {
      description: "How long its weights stay in memory: always, {idle: 30m} (released after that long without a request, and loaded again by the next one), or on-demand (started by the first request).",
    }),
  ),
  priority: optional(Type.Integer({ minimum: -100, maximum: 100, default: 0, description: "When memory is short, tools of lower priority are released first." })),
  pinned: optional(Type.Boolean({ default: false, description: "Never released to make room for another." })),
  memoryMax: optional(size({ least: 1024 * 1024, description: "A worker that grows past this, its child processes included, is stopped and started again. Without it there is no limit." })),
  env: optional(Env),
};

const commonKeys = {
  description: optional(Type.String({ default: "", description: "One line for people and for models that choose a tool. Without it, the tool's own." })),
  needs: optional(names("Tools that have to be ready before this one is started; it is stopped before they are.")),
  after: optional(names("Tools that this one is started after, if they are to be started at all, and stopped before.")),
  cwd: optional(Type.String({ minLength: 1, description: "The worker's working folder, relative to the folder of this file, which is also the default of a program of your own." })),
  ...policyKeys,
};

/** The keys that say what a tool is; an entry has exactly one of them. */
export const KINDS = ["server", "module", "command"] as const;
export type Kind = (typeof KINDS)[number];
const freeSettings = optional(
  Type.Record(Type.String(), Type.Unknown(), { description: "Handed to the tool as JSON in $PIPE_TOOLS_SETTINGS; any keys." }),
);

/** An entry that runs the built-in server `name`; its settings stand flat beside `server:`. */
export const serverEntry = (name: string, settings: Type.TObject) =>
  Type.Object(
    { server: Type.Literal(name, { description: "The name of a built-in server." }), ...settings.properties, ...commonKeys },
    { ...closed, description: `The built-in server ${name}.` },
  );

export const ModuleEntry = Type.Object(
  {
    module: Type.String({
      pattern: "\\.[cm]?[jt]s$",
      expects: "the path of a .ts, .js or .mjs file",
      description: "A .ts, .js or .mjs file that defines a tool, relative to the folder of this file.",
    }),
    settings: freeSettings,
    ...commonKeys,
  },
  { ...closed, description: "A tool written in TypeScript or JavaScript." },
);

export const CommandEntry = Type.Object(
  {
    command: Type.Array(scalar, { minItems: 1, description: "A program and its arguments, run as they stand (no shell)." }),
    settings: freeSettings,
    ...commonKeys,
  },
  { ...closed, description: "Any program that speaks the protocol." },
);

export const LogSettings = Type.Object(
  {
    level: optional(Type.Enum([...LOG_LEVELS], { default: "info", description: "The least important lines that are still written." })),
    maxSize: optional(size({ default: "10MiB", least: 4096, description: "A log file that grows past this is put aside." })),
    keep: optional(Type.Integer({ minimum: 0, maximum: 1000, default: 5, description: "How many files put aside are kept of each log." })),
  },
  { ...closed, description: "The log files of the daemon and of every tool." },
);

export const MemorySettings = Type.Object(
  {
    budget: optional(
      Type.Union([size({ least: 1024 * 1024, description: "So much." }), Type.String({ pattern: "^\\s*\\d{1,3}(\\.\\d+)?\\s*%\\s*$", description: "This share of the machine's memory." }), Type.Literal("unlimited")], {
        default: "unlimited",
        description: "What all tools together may use: a size, a share of the machine's memory such as 80%, or unlimited. Idle tools are released before one is loaded that would not fit.",
      }),
    ),
  },
  { ...closed, description: "Memory that the tools share." },
);

export const DefaultSettings = Type.Object(policyKeys, { ...closed, description: "What all tools have in common; a tool's own keys win, key by key." });

/** The file without its tools: `tools:` maps a name to an entry, whose shape depends on what it runs. */
export const fileKeys = {
  pipes: optional(
    Type.String({ minLength: 1, default: DEFAULT_PIPES, description: "The folder of the named pipes. $PIPE_TOOLS_PIPES, where set, wins." }),
  ),
  logs: optional(LogSettings),
  orphanAfter: optional(durationOrNever({ default: "10m", least: 1000, description: "Workers whose daemon has crashed and does not come back are stopped after this long." })),
  memory: optional(MemorySettings),
  defaults: optional(DefaultSettings),
};

export type RestartSettings = Static<typeof RestartSettings>;
export type TimeoutSettings = Static<typeof TimeoutSettings>;
export type HealthSettings = Static<typeof HealthSettings>;
export type MemorySettings = Static<typeof MemorySettings>;
export type DefaultSettings = Static<typeof DefaultSettings>;
export type ModuleEntry = Static<typeof ModuleEntry>;
export type CommandEntry = Static<typeof CommandEntry>;

/** `restart:` with every default filled in and every duration in milliseconds. */
export interface RestartPolicy {
  readonly policy: (typeof RESTART_POLICIES)[number];
  readonly backoff: { readonly initialMs: number; readonly factor: number; readonly maxMs: number; /** 0 to 1 */ readonly jitter: number };
  readonly healthyAfterMs: number;
  readonly limit: { readonly count: number; readonly windowMs: number };
  readonly probeMs: number;
}

export interface WorkerTimeouts {
  readonly startMs: number;
  /** null: without limit */
  readonly loadMs: number | null;
  readonly drainMs: number;
  readonly stopMs: number;
  readonly killMs: number;
}

/** `health:` in milliseconds; null is never. */
export interface WorkerHealth {
  readonly intervalMs: number;
  readonly answerMs: number | null;
  readonly progressMs: number | null;
  readonly refuseMs: number | null;
}

/** `keep:` resolved: when the tool is loaded by itself, and when it is released. */
export interface Residency {
  /** false: the first request starts it */
  readonly preload: boolean;
  /** null: it stays until the memory is needed for another (`on-demand`), or for ever (`always`) */
  readonly idleMs: number | null;
  /** `always`, `idle` or `on-demand`, as `cpipe --list` says it */
  readonly mode: "always" | "idle" | "on-demand";
}

/** One tool as the daemon runs it: defaults filled in, paths absolute, variables and units resolved. */
export interface ToolSpec {
  readonly name: string;
  readonly kind: Kind;
  /** The built-in server's name; there when `kind` is `server`. */
  readonly server?: string;
  /** Absolute path; there when `kind` is `module`. */
  readonly module?: string;
  /** Program and arguments; there when `kind` is `command`. */
  readonly command?: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
  /** Empty when tools.yaml gives none. */
  readonly description: string;
  readonly autostart: boolean;
  readonly restart: RestartPolicy;
  readonly timeouts: WorkerTimeouts;
  readonly health: WorkerHealth;
  readonly keep: Residency;
  readonly priority: number;
  readonly pinned: boolean;
  /** Bytes; null without a limit. */
  readonly memoryMax: number | null;
  /** Names of tools that must be ready first. */
  readonly needs: readonly string[];
  /** Names of tools that are started earlier, if at all. */
  readonly after: readonly string[];
}
