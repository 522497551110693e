import { join, resolve } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { places } from "../../pipes/protocol/places.ts";
import { writeNew } from "../new-file.ts";
import type { Output } from "../output.ts";
import type { Interruption } from "../signals.ts";
import { stdinKind } from "../stdin.ts";
import { copy } from "../terminal/clipboard.ts";
import type { Key } from "../terminal/keys.ts";
import { Terminal } from "../terminal/terminal.ts";
import { Document, Feed } from "./document.ts";
import { Layout } from "./layout.ts";
import { paintFor } from "./paint.ts";
import { heightOf, screenOf } from "./screen.ts";
import { listen, type Sink } from "./socket.ts";
import { StreamParser } from "./stream.ts";
import { type Effect, initialView, press, type Scene } from "./view.ts";

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

/** The one place with effects: writers and keys in, frames out. */
class Viewer {
  readonly #source: string;
  readonly #interruption: Interruption;
  readonly #terminal: Terminal;
  readonly #document = new Document();
  readonly #layout = new Layout(this.#document);
  readonly #paint = paintFor();
  #view = initialView;
  #writers = 0;
  #quit: () => void = () => undefined;

  constructor(out: Output, source: string, interruption: Interruption) {
    this.#source = source;
    this.#interruption = interruption;
    const events = { key: (key: Key) => this.#press(key), resized: () => undefined, ended: () => interruption.end("SIGHUP") };
    this.#terminal = new Terminal(out, "--view", events, (size) => screenOf(this.#view, this.#scene(), size, { source: this.#source, writers: this.#writers, paint: this.#paint }));
  }

  /** Resolves when it is to end. */
  async run(): Promise<void> {
    const { signal } = this.#interruption;
    this.#terminal.enter();
    await new Promise<void>((done) => {
      this.#quit = done;
      signal.addEventListener("abort", () => done(), { once: true });
      if (signal.aborted) done();
    });
  }

  async close(): Promise<void> {
    await this.#terminal.leave();
  }

  /** Another writer. */
  open(): Sink {
    const parser = new StreamParser();
    const feed = new Feed(this.#document);
    this.#writers++;
    this.#terminal.change();
    return {
      take: (bytes) => {
        const pieces = parser.push(bytes);
        feed.take(pieces);
        this.#terminal.change();
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

  #press(key: Key): void {
    const [view, effects] = press(this.#view, key, this.#scene());
    this.#view = view;
    for (const effect of effects) void this.#perform(effect).catch((thrown: unknown) => this.#say(ToolError.from(thrown).message));
    this.#terminal.change();
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
    this.#terminal.change();
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
