import { startService } from "../commands/service.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { SUPERVISOR } from "../../pipes/protocol/names.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import type { Output } from "../output.ts";
import { presenterFor } from "../present.ts";
import type { Interruption } from "../signals.ts";
import { styleFor } from "../style.ts";
import type { Frame } from "../terminal/frame.ts";
import type { Key } from "../terminal/keys.ts";
import { editFile } from "../terminal/own-editor.ts";
import { Terminal } from "../terminal/terminal.ts";
import { clockIn } from "./clock.ts";
import { editable } from "./editing.ts";
import { Follower } from "./follower.ts";
import { Link } from "./link.ts";
import { type Effect, initialModel, type Message } from "./model.ts";
import { paintFor } from "./paint.ts";
import { row } from "./row.ts";
import { screenOf } from "./screen.ts";
import { Sender } from "./sender.ts";
import { update } from "./update.ts";

/** `cpipe --top`: all tools and what they do, until a key or a signal ends it. @throws ToolError `usage` without a terminal */
export async function top(out: Output, interruption: Interruption): Promise<void> {
  const dashboard = new Dashboard(out, interruption);
  try {
    await dashboard.run();
  } finally {
    await dashboard.close();
  }
}

/** The one place with effects: what happens goes into the model, and the model onto the screen. */
class Dashboard {
  readonly #interruption: Interruption;
  readonly #terminal: Terminal;
  readonly #paint = paintFor();
  readonly #link = new Link((message) => this.#take(message));
  readonly #sender = new Sender((message) => this.#take(message));
  readonly #follower = new Follower((lines) => this.#take({ type: "logged", lines }));
  readonly #closing = new AbortController();
  #linked: Promise<void> = Promise.resolve();
  #model;
  #clock: NodeJS.Timeout | undefined;
  #quit: () => void = () => undefined;

  constructor(out: Output, interruption: Interruption) {
    this.#interruption = interruption;
    const events = {
      key: (key: Key) => this.#take({ type: "key", key }),
      resized: () => this.#take({ type: "resized", size: this.#terminal.size }),
      ended: () => interruption.end("SIGHUP"),
    };
    this.#terminal = new Terminal(out, "--top", events, () => this.#frame());
    this.#model = initialModel(this.#terminal.size);
  }

  /** Resolves when it is to end. */
  async run(): Promise<void> {
    const { signal } = this.#interruption;
    this.#terminal.enter();
    this.#linked = this.#link.run(this.#closing.signal);
    await new Promise<void>((done, failed) => {
      this.#quit = done;
      this.#linked.catch(failed);
      signal.addEventListener("abort", () => done(), { once: true });
      if (signal.aborted) done();
    });
  }

  async close(): Promise<void> {
    await this.#terminal.leave();
    clearTimeout(this.#clock);
    this.#follower.stop();
    this.#closing.abort(new ToolError("cancelled"));
    await Promise.all([this.#linked.catch(() => undefined), this.#sender.close()]);
  }

  #take(message: Message): void {
    const [model, effects] = update(this.#model, message, Date.now());
    this.#model = model;
    for (const effect of effects) void this.#perform(effect).catch((thrown: unknown) => this.#failed(effect, ToolError.from(thrown).message));
    this.#terminal.change();
  }

  #failed(effect: Effect, reason: string): void {
    if (effect.do === "ask" || effect.do === "start-daemon") this.#take({ type: "failed", id: effect.id, reason });
    else this.#take({ type: "said", text: reason, failed: true });
  }

  async #perform(effect: Effect): Promise<void> {
    switch (effect.do) {
      case "ask":
        return this.#take({ type: "done", id: effect.id, ...toldOf(await this.#link.ask(effect.cmd, effect.args)) });
      case "start-daemon":
        return this.#take({ type: "done", id: effect.id, text: await startService(), full: [] });
      case "follow":
        return this.#follower.follow(effect.log, effect.level);
      case "unfollow":
        return this.#follower.stop();
      case "describe":
        return this.#sender.describe(effect.tool);
      case "send":
        return this.#sender.send(effect);
      case "cancel":
        return this.#sender.cancel(effect.id);
      case "edit":
        return this.#edit(effect.path);
      case "quit":
        return this.#quit();
      case "interrupt":
        return this.#interruption.end("SIGINT");
      case "suspend":
        return this.#terminal.suspend();
      case "redraw":
        return this.#terminal.redraw();
    }
  }

  /** The editor has the terminal meanwhile. */
  async #edit(path: string): Promise<void> {
    const file = editable(path);
    await this.#terminal.leave();
    try {
      await this.#interruption.lend(() => editFile(file));
    } finally {
      this.#terminal.enter();
      this.#take({ type: "resized", size: this.#terminal.size });
    }
  }

  /** What is to be shown now, and again when the clock has gone on. */
  #frame(): Frame {
    const now = Date.now();
    clearTimeout(this.#clock);
    const next = clockIn(this.#model, now);
    if (next !== null) this.#clock = setTimeout(() => this.#terminal.change(), next);
    return screenOf(this.#model, now, this.#paint);
  }
}

const say = presenterFor(SUPERVISOR, true, styleFor(false));

/** What the daemon has answered, in words: a line, and what is to be read beside it. */
function toldOf(event: ToolEvent): { text: string; full: ReturnType<typeof row>[] } {
  const words = (say(event) ?? event.event).trimEnd();
  if (event.event !== "reloaded") return { text: words, full: [] };
  const lines = words.split("\n");
  return { text: event["dry_run"] === true ? "what tools.yaml would change" : "what tools.yaml has changed", full: lines.map((line) => row(` ${line}`)) };
}
