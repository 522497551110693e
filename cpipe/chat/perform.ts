import { ToolError } from "../../pipes/protocol/errors.ts";
import { inBytes } from "../../pipes/protocol/quantity.ts";
import { conversationsTable, transcriptOf } from "../commands/kept.ts";
import { contextOf } from "../asking/context.ts";
import { plain } from "../describe.ts";
import { lastCodeBlock } from "../markdown/code.ts";
import { writeNew } from "../new-file.ts";
import { isObject } from "../options.ts";
import { copy } from "../terminal/clipboard.ts";
import { type CommandName, helpText } from "./commands.ts";
import type { Dialogue } from "./dialogue.ts";
import { inTurns } from "./turn.ts";

/** What a command of the conversation does. @throws ToolError why it could not */
export function perform(dialogue: Dialogue, { name, argument }: { readonly name: CommandName; readonly argument: string }, signal: AbortSignal): Promise<void> | void {
  const { current } = dialogue.setting;
  const hand = (text: string | null, what: string): Promise<void> | void =>
    text === null ? dialogue.note(`there is no ${what} to copy`) : copy(text, `the ${what}`, (sequence) => dialogue.send(sequence)).then((said) => dialogue.note(said));
  switch (name) {
    case "help":
      return dialogue.print(helpText(argument.trim() === "keys", dialogue.style));
    case "quit":
      return dialogue.quit();
    case "system":
      if (argument !== "") current.become(argument === "-" ? null : argument);
      return dialogue.note(current.system === null ? "the model is to be nothing in particular" : `the model is to be: ${current.system}`);
    case "file": {
      const path = argument.trim();
      const { length } = contextOf([path]);
      dialogue.files.push(path);
      return dialogue.note(`the next message is about ${path} (${length} characters)`);
    }
    case "retry":
      return current.retry() ? dialogue.answer(signal, true) : dialogue.note("nothing was said yet");
    case "undo": {
      const said = current.undo();
      if (said === null) return dialogue.note("there is nothing to take back");
      dialogue.note("taken back");
      // What has files in it is no text to go on writing.
      if (dialogue.setting.history.entries.includes(said.content)) dialogue.offer(said.content);
      return;
    }
    case "edit":
      return dialogue.write("");
    case "copy":
      return hand(current.lastAnswer, "answer");
    case "code":
      return hand(lastCodeBlock(current.lastAnswer ?? ""), "code block");
    case "save":
      if (current.turns.length === 0) return dialogue.note("nothing was said yet");
      return writeNew(argument.trim() || `${current.name}.md`, transcriptOf(current, null)).then((path) => dialogue.note(`wrote ${path}`));
    case "model":
      return aboutModel(dialogue, signal).then((facts) => dialogue.print(facts));
    case "stats":
      dialogue.stats = !dialogue.stats;
      return dialogue.note(dialogue.stats ? "figures are told below each answer" : "no more figures");
    case "clear":
      current.clear();
      return dialogue.note("a new conversation");
    case "conversations":
      return dialogue.print(conversationsTable(dialogue.style));
    case "load":
      current.load(argument.trim());
      return dialogue.recall();
    case "name":
      current.rename(argument.trim());
      return dialogue.note(`it is called ${current.name}`);
  }
}

/** What is worth telling of what `get_model` answers. */
const TOLD = ["name", "model", "url", "path", "size", "threads", "gpu"];

/** Figures of the model as it tells them, and how much of its context the conversation takes. */
async function aboutModel({ setting, style }: Dialogue, signal: AbortSignal): Promise<string> {
  const { client, current, timeout } = setting;
  const { model } = await client.call("get_model", {}, { signal, timeout, idempotent: true });
  const known = isObject(model) ? model : {};
  const told = TOLD.filter((key) => ["string", "number"].includes(typeof known[key])).map((key) => [key, typeof known[key] === "number" && key === "size" ? inBytes(known[key]) : String(known[key])] as const);
  const facts = [...told, ["context", await usedContext()] as const];
  return facts.map(([key, value]) => `${style.faint(key)} ${plain(value)}\n`).join("");

  async function usedContext(): Promise<string> {
    if (current.messages.length === 0) return "nothing of it is used yet";
    try {
      const { count, context } = await client.call("count_tokens", { messages: inTurns(current.messages) }, { signal, timeout, idempotent: true });
      return typeof context === "number" ? `${String(count)} of ${context} tokens` : `${String(count)} tokens are used`;
    } catch (thrown) {
      const { code } = ToolError.from(thrown);
      if (code === "unsupported" || code === "unknown-command") return "its tokens cannot be counted";
      throw thrown;
    }
  }
}
