import type { Key } from "../terminal/keys.ts";

/** A question in the last row, and what has been typed so far. */
export interface Prompt {
  readonly kind: "prompt";
  readonly asks: "search" | "write";
  readonly text: string;
}

export type Edited = { readonly kind: "going-on"; readonly prompt: Prompt } | { readonly kind: "answered" } | { readonly kind: "given-up" };

const segmenter = new Intl.Segmenter();

export function edited(prompt: Prompt, key: Key): Edited {
  const going = (text: string): Edited => ({ kind: "going-on", prompt: { ...prompt, text } });
  switch (key.id) {
    case "enter":
    case "ctrl-j":
      return { kind: "answered" };
    case "escape":
    case "ctrl-c":
    case "ctrl-g":
      return { kind: "given-up" };
    case "backspace":
    case "ctrl-h":
      return prompt.text === "" ? { kind: "given-up" } : going([...segmenter.segment(prompt.text)].slice(0, -1).map(({ segment }) => segment).join(""));
    case "ctrl-u":
      return going("");
    case "ctrl-w":
      return going(prompt.text.replace(/\S*\s*$/, ""));
    default:
      return going(prompt.text + key.text.replaceAll("\n", " "));
  }
}
