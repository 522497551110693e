import type { CommandShape, FieldShape } from "../../../pipes/protocol/interfaces/shape.ts";
import type { Editor } from "../../editor/editor.ts";
import type { Scroll } from "../pane.ts";
import type { Row } from "../row.ts";

/** The page from which a tool is sent commands. */
export interface Messenger {
  readonly kind: "messenger";
  readonly tool: string;
  /** The tool's own first. */
  readonly commands: readonly CommandShape[];
  /** The one that is chosen in the list. */
  readonly at: number;
  /** What the keys are for. */
  readonly focus: "commands" | "form" | "answers";
  readonly form: Form | null;
  /** What was sent, oldest first. */
  readonly exchanges: readonly Exchange[];
  readonly scroll: Scroll;
  /** Every event is shown as it came. */
  readonly verbose: boolean;
}

export interface Form {
  readonly command: CommandShape;
  readonly fields: readonly FormField[];
  readonly at: number;
  /** What was wrong when it was to be sent: of which field, and why. */
  readonly problem: { readonly name: string; readonly reason: string } | null;
  /** How many messages of this command back, while earlier ones are looked at. */
  readonly recalled: number;
}

export interface FormField {
  readonly arg: FieldShape;
  /** What is typed, or chosen. */
  readonly editor: Editor;
  /** All that it can be, an empty one for "not given"; null for what is typed. */
  readonly choices: readonly string[] | null;
  readonly multiline: boolean;
}

/** A message, and what has come for it. */
export interface Exchange {
  readonly id: number;
  /** The command whose form it was written in. */
  readonly form: string;
  readonly cmd: string;
  /** What was typed, by argument. */
  readonly typed: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, unknown>>;
  readonly state: "running" | "answered" | "failed";
  readonly lines: readonly Row[];
  /** Every event as it came. */
  readonly events: readonly Row[];
  /** How it is doing, until an answer comes. */
  readonly news: string | null;
}
