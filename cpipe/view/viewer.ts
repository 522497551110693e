import { join, resolve } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { places } from "../../pipes/protocol/places.ts";
import { writeNew } from "../new-file.ts";
import type { Output } from "../output.ts";
import type { Interruption } from "../signals.ts";
import { stdinKind } from "../stdin.ts";
import { copy } from "../terminal/clipboard.ts";
import { Terminal } from "../terminal/terminal.ts";
import { Document, Feed } from "./document.ts";
import { Layout } from "./layout.ts";
import { paintFor } from "./paint.ts";
import { heightOf, screenOf } from "./screen.ts";
import { listen, type Sink } from "./socket.ts";
import { StreamParser } from "./stream.ts";
import { type Effect, initialView, press, type Scene } from "./view.ts";

const FRAME_MS = 16;

/**
 * `cpipe --view [SOCKET]`: shows what any number of writers pipe into the socket, until a key or a signal ends it. What is
 * piped into standard input is shown as well; with `-` in place of SOCKET only that. @throws ToolError
 */
export async function view(socket: string | null, out: Output, interruption: Interruption): Promise<void> {
  const hasInput = stdinKind() !== "other";
  if (socket === "-" && !hasInput) throw new ToolError("usage", { reason: "--view - shows what comes on standard input, and nothing is piped in there", hint: "… | cpipe --view -" });
  const path = socket === "-" ? null : resolve(socket ?? join(places().runtime, "view.sock"));
  const viewer = new Viewer(out, path ?? "standard input", interruption);
  const listening = path === null ? null : await listen(path, () => viewer.open());
  try {
    if (hasInput) readInput(viewer.open());
    await viewer.run();
  } finally {
    listening?.close();
    await viewer.close();
  }
}

/** The one place with effects: writers and keys in, frames out, at most one for each moment of the screen. */
class Viewer {
  readonly #out: Output;
  readonly #source: string;
  readonly #interruption: Interruption;
  readonly #terminal: Terminal;
  readonly #document = new Document();
  readonly #layout = new Layout(this.#document);
  readonly #paint = paintFor();
  #view = initialView;
  #writers = 0;
  #timer: NodeJS.Timeout | null = null;
  #shownAt = 0;
  #quit: () => void = () => undefined;

  constructor(out: Output, source: string, interruption: Interruption) {
    this.#out = out;
    this.#source = source;
    this.#interruption = interruption;
    this.#terminal = new Terminal(out, "--view", {
      key: (key) => this.#press(key),
      resized: () => this.#change(),
      ended: () => interruption.end("SIGHUP"),
    });
  }

  /** Resolves when it is to end. */
  async run(): Promise<void> {
    const { signal } = this.#interruption;
    this.#terminal.enter();
    this.#change();
    await new Promise<void>((done) => {
      this.#quit = done;
      signal.addEventListener("abort", () => done(), { once: true });
      if (signal.aborted) done();
    });
  }

  async close(): Promise<void> {
    await this.#terminal.leave();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Another writer. */
  open(): Sink {
    const parser = new StreamParser();
    const feed = new Feed(this.#document);
    this.#writers++;
    this.#change();
    return {
      take: (bytes) => {
        const pieces = parser.push(bytes);
        feed.take(pieces);
        this.#change();
        return pieces.at(-1)?.kind === "end";
      },
      end: (failure) => {
        feed.take([...parser.end().slice(0, -1), ...(failure === null ? [] : [{ kind: "error", text: `the writer broke off: ${failure.message}` } as const])]);
        feed.take([{ kind: "end", part: null }]);
        this.#writers--;
        this.#say(feed.hasSaid ? null : "a writer came, and went without a word");
      },
    };
  }

  #press(key: Parameters<typeof press>[1]): void {
    const [view, effects] = press(this.#view, key, this.#scene());
    this.#view = view;
    for (const effect of effects) void this.#perform(effect).catch((thrown: unknown) => this.#say(ToolError.from(thrown).message));
    this.#change();
  }

  async #perform(effect: Effect): Promise<void> {
    switch (effect.do) {
      case "quit":
        return this.#quit();
      case "interrupt":
        return this.#interruption.end("SIGINT");
      case "suspend":
        return this.#terminal.suspend();
      case "redraw":
        return this.#terminal.redraw();
      case "copy":
        return this.#say(await copy(effect.text, effect.what, (sequence) => this.#terminal.send(sequence)));
      case "write":
        return this.#say(`wrote ${await writeNew(effect.path, effect.text)}`);
    }
  }

  #say(message: string | null): void {
    if (message !== null) this.#view = { ...this.#view, message };
    this.#change();
  }

  /** Something is to be shown anew: at once, or with whatever else comes before the next frame. */
  #change(): void {
    this.#timer ??= setTimeout(() => this.#show(), Math.max(0, this.#shownAt + FRAME_MS - performance.now()));
  }

  #show(): void {
    this.#timer = null;
    this.#shownAt = performance.now();
    // A slow terminal: what comes until it is ready is in the next frame.
    if (this.#out.busy) return void this.#out.drained().then(() => this.#change());
    this.#terminal.show(screenOf(this.#view, this.#scene(), this.#terminal.size, { source: this.#source, writers: this.#writers, paint: this.#paint }));
  }

  #scene(): Scene {
    const { size } = this.#terminal;
    this.#layout.update(size.columns);
    return { document: this.#document, layout: this.#layout, height: heightOf(size) };
  }
}

function readInput(sink: Sink): void {
  const { stdin } = process;
  stdin.on("data", (bytes: Buffer) => sink.take(bytes));
  stdin.once("error", (error) => sink.end(error));
  stdin.once("end", () => sink.end(null));
}
