import type { CommandShape, FieldShape } from "../../../pipes/protocol/interfaces/shape.ts";
import { PROMPT_NAMES, typeWord, unionMembers } from "../../../pipes/protocol/interfaces/words.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { isArray, isBoolean, takesText } from "../../coerce.ts";
import { withAbsolutePaths } from "../../compose.ts";
import { edit, type Editor, emptyEditor, replaceAll } from "../../editor/editor.ts";
import { editLine } from "../../editor/line.ts";
import type { Key } from "../../terminal/keys.ts";
import { asText, isObject } from "../../options.ts";
import { fieldsOf } from "../../words.ts";
import type { Form, FormField } from "./model.ts";

/** Where the answer's sound is to be kept: no argument of the command, but what `-o` is on the command line. */
export const SOUND_FILE: FieldShape = { name: "save to", description: "a file for the sound; empty: the tool plays it, where it can", type: "path", required: false, default: null };

/** What is none of the commands that the tool tells of: all there is for a server that tells of none. */
export const OTHER: CommandShape = {
  name: "another",
  description: "Any command, by its name",
  args: [
    { name: "command", description: "its name", type: "string", required: true, default: null },
    { name: "arguments", description: "a JSON object", type: "object", required: false, default: null },
  ],
};

/** A form with a field for each argument, filled with what was typed before, if anything. */
export function formFor(command: CommandShape, typed: Readonly<Record<string, string>> = {}, recalled = 0): Form {
  const args = command.audio === "reply" ? [...command.args, SOUND_FILE] : command.args;
  const fields = args.map((arg): FormField => {
    const multiline = isArray(arg.type) || (PROMPT_NAMES.has(arg.name) && takesText(arg.type));
    return { arg, editor: replaceAll(emptyEditor, typed[arg.name] ?? ""), choices: choicesOf(arg), multiline };
  });
  return { command, fields, at: 0, problem: null, recalled };
}

/** After a key that is for the field at hand, or leads to another one. `columns` is what a field's text may take. */
export function typedInto(form: Form, key: Key, columns: number): Form {
  const field = form.fields[form.at];
  if (field === undefined) return form;
  const to = (at: number): Form => ({ ...form, at: Math.max(0, Math.min(form.fields.length - 1, at)) });
  if (key.id === "tab") return to((form.at + 1) % form.fields.length);
  if (key.id === "shift-tab") return to((form.at + form.fields.length - 1) % form.fields.length);
  const { choices, multiline } = field;
  const editor = choices !== null ? chosen(field.editor, choices, key) : multiline ? edit(field.editor, key, { history: [], columns }).editor : editLine(field.editor, key);
  const step = key.id === "up" ? -1 : key.id === "down" ? 1 : 0;
  // From the first and the last row to the field above and below.
  if (step !== 0 && editor.cursor === field.editor.cursor) return to(form.at + step);
  return { ...form, problem: null, fields: form.fields.map((before, at) => (at === form.at ? { ...field, editor } : before)) };
}

interface Asked {
  readonly cmd: string;
  readonly args: Record<string, unknown>;
  /** Where the answer's sound goes. */
  readonly file: string | null;
}

/** What the form asks for, read as the command line reads it; or which field is wrong, and why. */
export function askedIn({ command, fields }: Form): Asked | NonNullable<Form["problem"]> {
  const flags: Array<{ name: string; value: string }> = [];
  for (const { arg, editor: { text } } of fields) {
    if (arg === SOUND_FILE || text === "") {
      if (arg.required && text === "") return { name: arg.name, reason: "is required" };
      continue;
    }
    // Each line of a list is one of its items, as each flag is on the command line.
    const values = isArray(arg.type) ? text.split("\n").filter((line) => line !== "") : [text];
    const mine = values.map((value) => ({ name: arg.name, value }));
    try {
      fieldsOf(mine, command.args, command.name);
    } catch (thrown) {
      const { facts, message } = ToolError.from(thrown);
      return { name: arg.name, reason: (asText(facts["reason"]) || message).replace(/^--\S+: /, "") };
    }
    flags.push(...mine);
  }
  const file = fields.find(({ arg }) => arg === SOUND_FILE)?.editor.text || null;
  const args = withAbsolutePaths(fieldsOf(flags, command.args, command.name), command.args);
  if (command === OTHER) return { cmd: asText(args["command"]), args: isObject(args["arguments"]) ? args["arguments"] : {}, file: null };
  const isSilent = file !== null && command.args.some(({ name }) => name === "play");
  return { cmd: command.name, args: isSilent ? { ...args, play: false } : args, file: file === null ? null : String(withAbsolutePaths({ file }, [{ ...SOUND_FILE, name: "file" }])["file"]) };
}

/** What was typed, by argument. */
export function typedIn({ fields }: Form): Record<string, string> {
  return Object.fromEntries(fields.filter(({ editor }) => editor.text !== "").map(({ arg, editor }) => [arg.name, editor.text]));
}

/** Space and the arrows go through what there is; a letter to the next one that begins with it. */
function chosen(editor: Editor, choices: readonly string[], key: Key): Editor {
  const at = choices.indexOf(editor.text);
  const pick = (choice: string): Editor => (choice === editor.text ? editor : replaceAll(editor, choice));
  const step = key.id === "space" || key.id === "right" ? 1 : key.id === "left" ? choices.length - 1 : 0;
  if (key.id === "backspace" || key.id === "delete") return pick("");
  if (step !== 0) return pick(choices[(Math.max(0, at) + step) % choices.length] ?? "");
  const rest = [...choices.slice(at + 1), ...choices.slice(0, at + 1)];
  return pick((key.text === "" ? undefined : rest.find((choice) => choice.startsWith(key.text))) ?? editor.text);
}

/** `boolean`, `"a" | "b"`: what is chosen from, not typed. */
function choicesOf({ type }: FieldShape): readonly string[] | null {
  if (isBoolean(type)) return ["", "true", "false"];
  const members = unionMembers(type).map(typeWord);
  const literals = members.flatMap((member) => (/^"[^"]*"$/.test(member) ? [member.slice(1, -1)] : []));
  return literals.length > 0 && literals.length === members.filter((member) => member !== "null").length ? ["", ...literals] : null;
}
