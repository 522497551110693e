import { type Editor, emptyEditor } from "../editor/editor.ts";
import { editLine } from "../editor/line.ts";
import type { Key } from "../terminal/keys.ts";

/** A question in the last row, and what has been typed so far. */
export interface Prompt {
  readonly kind: "prompt";
  readonly asks: "search" | "write";
  readonly editor: Editor;
}

export type Prompted = { readonly kind: "going-on"; readonly prompt: Prompt } | { readonly kind: "answered" } | { readonly kind: "given-up" };

export function promptFor(asks: Prompt["asks"]): Prompt {
  return { kind: "prompt", asks, editor: emptyEditor };
}

export function prompted(prompt: Prompt, key: Key): Prompted {
  switch (key.id) {
    case "enter":
    case "ctrl-j":
      return { kind: "answered" };
    case "escape":
    case "ctrl-c":
    case "ctrl-g":
      return { kind: "given-up" };
    default:
      if (key.id === "backspace" && prompt.editor.text === "") return { kind: "given-up" };
      return { kind: "going-on", prompt: { ...prompt, editor: editLine(prompt.editor, key) } };
  }
}
