import { randomInt } from "node:crypto";
import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import { promptOf } from "../asking/turn.ts";
import { edit, type Editor, emptied, emptyEditor, insert, replaceAll, type Wish } from "../editor/editor.ts";
import type { History } from "../editor/history.ts";
import type { Asking } from "../flags.ts";
import type { Output } from "../output.ts";
import type { Interruption } from "../signals.ts";
import { newsOf } from "../status.ts";
import { type Style, styleFor } from "../style.ts";
import { Inline } from "../terminal/inline.ts";
import type { Key } from "../terminal/keys.ts";
import type { Live } from "../terminal/scroll.ts";
import { harmless } from "../terminal/width.ts";
import { useOf } from "../use.ts";
import { Activity } from "./activity.ts";
import { AnswerText } from "./answer.ts";
import { parseTyped } from "./commands.ts";
import { agreed, completionFor } from "./complete.ts";
import type { Current } from "./current.ts";
import { endingOf, figuresOf } from "./ending.ts";
import { perform } from "./perform.ts";
import { recalled } from "./recall.ts";
import { editorColumns, liveOf, noteRows, sentRows } from "./screen.ts";
import { takeTurn } from "./turn.ts";
import { writeInEditor } from "./write.ts";

/** What a conversation is held with. */
export interface Setting {
  readonly tool: string;
  readonly client: ToolClient;
  readonly current: Current;
  readonly history: History;
  /** Fields of every request: sampling, tools. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly asking: Pick<Asking, "template" | "params">;
  /** Longest silence in ms. */
  readonly timeout: number;
}

/** A conversation on a terminal, from the first prompt until the user leaves. The one place with effects. */
export class Dialogue {
  readonly setting: Setting;
  readonly style: Style = styleFor(true);
  /** Files that the next message is about. */
  readonly files: string[] = [];
  /** Whether figures are told below each answer. */
  stats = false;
  readonly #terminal: Inline;
  readonly #interruption: Interruption;
  readonly #activity = new Activity(
    (thrown) => this.note(ToolError.from(thrown).message, this.style.bad),
    () => {
      this.#hint = "";
      this.print("\n");
    },
  );
  #editor: Editor = emptyEditor;
  #answer: AnswerText | null = null;
  /** Said on a line of its own: until the next key, and while something is going on. */
  #hint = "";
  #news = "";
  #quit: () => void = () => undefined;

  /** @throws ToolError `usage` where there is no terminal */
  constructor(setting: Setting, out: Output, interruption: Interruption) {
    this.setting = setting;
    this.#interruption = interruption;
    const events = { key: (key: Key) => this.#press(key), ended: () => interruption.end("SIGHUP") };
    this.#terminal = new Inline(out, "a conversation", events, (size): Live => {
      const status = this.#hint || this.#news || (this.#activity.busy && this.#answer?.begun !== true ? "…" : "");
      return liveOf({ tail: this.#answer?.tail(size.columns) ?? [], status, editor: this.#editor }, size, this.style);
    });
  }

  /** Resolves when the user has left, or was made to. */
  async run(): Promise<void> {
    const { signal } = this.#interruption;
    this.#terminal.enter();
    try {
      await new Promise<void>((done) => {
        this.#quit = done;
        signal.addEventListener("abort", () => done(), { once: true });
        if (signal.aborted) done();
      });
    } finally {
      this.#activity.stop();
      if (this.#answer !== null) this.#terminal.print(this.#answer.pause());
      await this.#terminal.leave();
    }
  }

  quit(): void {
    this.#quit();
  }

  /** Lines for good, as they are. */
  print(lines: string): void {
    this.#terminal.print(lines);
  }

  /** A remark of ours: faint, broken at blanks. */
  note(text: string, paint: (text: string) => string = this.style.faint): void {
    this.print(noteRows(text, this.#terminal.size, paint));
  }

  /** Something for the terminal itself, such as text for its clipboard. */
  send(sequence: string): void {
    this.#terminal.send(sequence);
  }

  /** Shows how the conversation stands that goes on now: what was said last, and its answer. */
  recall(): void {
    this.print(recalled(this.setting.current, this.#terminal.size, this.style));
  }

  /** Puts a text where the user writes, unless something is there. */
  offer(text: string): void {
    if (this.#editor.text === "") this.#editor = replaceAll(this.#editor, text);
    this.#terminal.change();
  }

  /** Has the user write in their own editor; what comes of it is theirs to send. @throws ToolError `handler-failed` */
  async write(text: string): Promise<void> {
    await this.#terminal.leave();
    try {
      this.#editor = replaceAll(this.#editor, await this.#interruption.lend(() => writeInEditor(text)));
    } finally {
      this.#terminal.enter();
    }
  }

  /** Has the model answer what was said last. `again`: otherwise than before. */
  async answer(signal: AbortSignal, again = false): Promise<void> {
    const { client, current, fields, timeout } = this.setting;
    const answer = new AnswerText(this.#terminal.size.columns, this.style.faint);
    const kept = current.answering();
    this.#answer = answer;
    const request = { messages: current.messages, fields: again ? { ...fields, seed: randomInt(2 ** 32 - 1) } : fields, signal, timeout };
    const end = await takeTurn(client, request, {
      text: (piece) => {
        kept?.add(piece);
        const { columns, rows } = this.#terminal.size;
        this.#shown(answer.text(piece, columns, Math.max(1, rows - 4)));
      },
      thought: (piece) => this.#shown(answer.thought(piece, this.#terminal.size.columns)),
      news: (event) => this.#tell(event, answer),
    });
    this.#answer = null;
    this.#news = "";
    this.print(answer.pause());
    kept?.end(end.final !== null);
    for (const line of endingOf(end, this.setting.tool)) this.note(line.text, line.bad ? this.style.bad : this.style.faint);
    const figures = this.stats && end.final !== null ? figuresOf(end.final) : "";
    if (figures !== "") this.note(figures);
  }

  #shown(lines: string): void {
    this.#news = "";
    this.print(lines);
  }

  #tell(event: ToolEvent, answer: AnswerText): void {
    const use = useOf(event);
    if (use !== null) {
      this.print(answer.pause());
      this.note(use);
    } else this.#news = harmless(newsOf(event) ?? "");
    this.#terminal.change();
  }

  #press(key: Key): void {
    this.#hint = "";
    const { editor, wish } = edit(this.#editor, key, { history: this.setting.history.entries, columns: editorColumns(this.#terminal.size) });
    this.#editor = editor;
    this.#grant(wish);
    this.#terminal.change();
  }

  #grant(wish: Wish): void {
    switch (wish) {
      case null:
        return;
      case "send":
        return this.#send();
      case "leave":
        return this.#activity.busy ? this.#say("Ctrl-C stops the answer") : this.quit();
      case "interrupt":
        return this.#interrupt();
      case "complete":
        return this.#complete();
      case "clear-screen":
        return this.#terminal.clear();
      case "open-editor":
        if (!this.#activity.busy) this.#activity.do(() => this.write(this.#editor.text));
        return;
      case "suspend":
        return void this.#terminal.suspend();
    }
  }

  /** An answer is stopped, a message that is being written goes; with neither the user leaves. */
  #interrupt(): void {
    if (this.#activity.stop()) return;
    if (this.#activity.busy || this.#editor.text === "") return this.quit();
    this.#editor = replaceAll(this.#editor, "");
  }

  #send(): void {
    const { text } = this.#editor;
    if (text.trim() === "") return;
    if (this.#activity.busy) return this.#say("the answer is still coming; Ctrl-C stops it");
    const typed = parseTyped(text);
    this.print(sentRows(text.trimEnd(), this.#terminal.size, this.style));
    this.#editor = emptied(this.#editor);
    this.#remember(text.trim());
    this.#activity.do((signal) => {
      if (typed.kind === "wrong") return this.note(typed.reason);
      if (typed.kind === "command") return perform(this, typed, signal);
      this.#put(typed.text);
      return this.answer(signal);
    });
  }

  /** What cannot be remembered can be sent all the same. */
  #remember(text: string): void {
    try {
      this.setting.history.add(text);
    } catch (thrown) {
      this.note(ToolError.from(thrown).message, this.style.bad);
    }
  }

  /** The message becomes part of the conversation; where that fails it can be sent again. */
  #put(text: string): void {
    try {
      this.setting.current.say(promptOf(text, { ...this.setting.asking, files: this.files }));
      this.files.length = 0;
    } catch (thrown) {
      this.offer(text);
      throw thrown;
    }
  }

  #complete(): void {
    const { text, cursor } = this.#editor;
    const before = text.slice(0, cursor);
    const completion = completionFor(before);
    const more = agreed(completion, before);
    if (more !== null) this.#editor = insert(this.#editor, more, completion.start);
    else if (completion.candidates.length > 1) this.#say(completion.candidates.join("  "));
  }

  #say(hint: string): void {
    this.#hint = harmless(hint);
  }
}
