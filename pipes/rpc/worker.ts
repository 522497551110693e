import { isDeepStrictEqual } from "node:util";
import { ToolError } from "../protocol/errors.ts";
import { worker } from "../protocol/interfaces/worker.ts";
import type { Work } from "../protocol/metrics.ts";
import type { Activity } from "./activity.ts";
import type { Admission } from "./admission.ts";
import type { About } from "./builtins.ts";
import type { Call } from "./call.ts";
import { validate } from "./validation.ts";

type Settings = Readonly<Record<string, unknown>>;

/** The state of a server that has let go of what it can load again. Whoever loads it again sets another. */
export const RELEASED = "released";

/** What the commands of the interface `worker` do to a server. */
interface Hooks {
  /** What it is where tools.yaml does not say. */
  readonly ownDescription: string;
  readonly admission: Admission;
  /** How many clients are subscribed. */
  clients(): number;
  /** Null for a server that takes no other settings. */
  configure(): ((settings: Settings) => void | Promise<void>) | null;
  /** Null for a server that has nothing to let go of. */
  release(): (() => Promise<number | void>) | null;
  released(): void;
  load(): OwnLoad;
}

/** What a server alone knows of its work; what it leaves out there is none of. */
export type OwnLoad = Partial<Pick<Work, "waiting" | "rate">>;

/** The commands by which a supervisor finds out how a server does, and changes it while it runs. */
export class WorkerCommands {
  readonly #about: { -readonly [K in keyof About]: About[K] };
  readonly #activity: Activity;
  readonly #hooks: Hooks;
  /** One change at a time, so that the last one asked for is the one that holds. */
  #changing: Promise<void> = Promise.resolve();
  #releasing: Promise<number | void> | null = null;

  constructor(about: About, activity: Activity, hooks: Hooks) {
    this.#about = about;
    this.#activity = activity;
    this.#hooks = hooks;
  }

  health(call: Call): void {
    this.#hooks.admission.supervisedBy(call.session);
    const { state } = this.#about.standing;
    const { calls, served, failed } = this.#activity;
    const work: Work = { active: calls, waiting: null, served, failed, rate: null, ...this.#hooks.load() };
    call.finish({
      event: "health",
      calls,
      silent: Math.round(this.#activity.silent(state === "loading")),
      idle: Math.round(this.#activity.idle),
      clients: this.#hooks.clients() - (call.session === null ? 0 : 1),
      released: state === RELEASED,
      work,
    });
  }

  /** @throws ToolError `invalid-request` */
  configure(message: Record<string, unknown>, call: Call): void {
    const { pid: _, cmd: __, req_id: ___, ...args } = message;
    validate(worker.commands.configure.args, args, call.session?.ours === true);
    const { settings, description } = args as { settings: Settings; description?: string };
    const change = this.#changing.then(() => this.#change(settings, description));
    this.#changing = change.catch(() => undefined);
    void answer(change.then(() => ({ event: "configured" })), call);
  }

  /** @throws ToolError `busy`, `unsupported` */
  release(call: Call): void {
    this.#hooks.admission.supervisedBy(call.session);
    const { name, standing } = this.#about;
    if (standing.state === RELEASED) return call.finish({ event: "released" });
    const release = this.#hooks.release();
    if (release === null) throw new ToolError("unsupported", { tool: name, what: "let go of anything while it runs", hint: "Stop it to free its memory" });
    if (this.#activity.calls > 0) throw new ToolError("busy", { tool: name, queued: this.#activity.calls });
    this.#releasing ??= this.#let(release).finally(() => (this.#releasing = null));
    void answer(this.#releasing.then((bytes) => ({ event: "released", ...(typeof bytes === "number" ? { bytes } : {}) })), call);
  }

  admit(refused: unknown, call: Call): void {
    this.#hooks.admission.admit(typeof refused === "string" ? refused : undefined);
    call.finish({ event: "admitted" });
  }

  async #change(settings: Settings, description: string | undefined): Promise<void> {
    const { name } = this.#about;
    const configure = this.#hooks.configure();
    const fields = changed(this.#about.settings, settings);
    if (fields.length > 0 && configure === null) throw new ToolError("unsupported", { tool: name, what: `take another ${fields.join(", ")} while it runs`, hint: "Restart it" });
    if (fields.length > 0) await configure?.(settings);
    this.#about.settings = settings;
    this.#about.description = description ?? this.#hooks.ownDescription;
  }

  async #let(release: () => Promise<number | void>): Promise<number | void> {
    const { name, standing } = this.#about;
    const bytes = await release();
    // A request that came meanwhile has it loaded again.
    if (this.#about.standing !== standing) throw new ToolError("busy", { tool: name, queued: this.#activity.calls });
    this.#hooks.released();
    return bytes;
  }
}

/** The names of what differs. */
function changed(now: Settings, next: Settings): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(next)]);
  return [...names].filter((name) => !isDeepStrictEqual(now[name], next[name]));
}

async function answer(event: Promise<{ event: string }>, call: Call): Promise<void> {
  try {
    call.finish(await event);
  } catch (thrown) {
    call.fail(ToolError.from(thrown, "handler-failed", { cmd: call.cmd }));
  }
}
