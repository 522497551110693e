import type { Key } from "../terminal/keys.ts";
import { type Action, actionOf, helpLines } from "./actions.ts";
import { lastCodeBlock } from "../markdown/code.ts";
import type { Document } from "./document.ts";
import type { Anchor, Layout } from "./layout.ts";
import { type Prompt, prompted, promptFor } from "./prompt.ts";
import { find, type Match, patternOf } from "./search.ts";

/** What is shown of the document, and how. */
export interface View {
  /** The place in the first row; null follows the end. */
  readonly top: Anchor | null;
  readonly mode: { readonly kind: "text" } | { readonly kind: "help"; /** Its first row that is shown. */ readonly top: number } | Prompt;
  readonly pattern: RegExp | null;
  readonly match: Match | null;
  /** Said in the last row, until the next key. */
  readonly message: string;
}

export type Effect =
  | { readonly do: "copy"; readonly text: string; readonly what: string }
  | { readonly do: "write"; readonly path: string; readonly text: string }
  | { readonly do: "redraw" | "suspend" | "quit" | "interrupt" };

/** What a key is judged by. `height` is that of the text, in rows. */
export interface Scene {
  readonly document: Document;
  readonly layout: Layout;
  readonly height: number;
}

export const initialView: View = { top: null, mode: { kind: "text" }, pattern: null, match: null, message: "" };

/** The first row that is shown, counted in all. */
export function firstRow(view: View, { layout, height }: Scene): number {
  const last = Math.max(0, layout.total - height);
  return view.top === null ? last : Math.min(last, layout.indexOf(view.top));
}

export function press(view: View, key: Key, scene: Scene): [View, readonly Effect[]] {
  const quiet: View = { ...view, message: "" };
  if (view.mode.kind === "help") return readHelp(quiet, view.mode.top, key, scene);
  if (view.mode.kind === "prompt") return type(quiet, view.mode, key, scene);
  const action = actionOf(key.id);
  if (action !== undefined) return act(quiet, action, scene);
  return [key.id === "paste" ? { ...quiet, message: "what is pasted here goes nowhere; pipe it into the socket" } : quiet, []];
}

function act(view: View, action: Action, scene: Scene): [View, readonly Effect[]] {
  const { height, document } = scene;
  switch (action) {
    case "up":
      return [scrolled(view, -1, scene), []];
    case "down":
      return [scrolled(view, 1, scene), []];
    case "half-up":
      return [scrolled(view, -Math.ceil(height / 2), scene), []];
    case "half-down":
      return [scrolled(view, Math.ceil(height / 2), scene), []];
    case "page-up":
      return [scrolled(view, -Math.max(1, height - 1), scene), []];
    case "page-down":
      return [scrolled(view, Math.max(1, height - 1), scene), []];
    case "top":
      return [scrolled(view, Number.NEGATIVE_INFINITY, scene), []];
    case "end":
      return [{ ...view, top: null }, []];
    case "search":
      return [{ ...view, mode: promptFor("search") }, []];
    case "next":
      return [searched(view, true, scene), []];
    case "previous":
      return [searched(view, false, scene), []];
    case "forget-search":
      return [{ ...view, pattern: null, match: null }, []];
    case "copy-answer": {
      const block = lastAnswer(document);
      return block === undefined ? [{ ...view, message: "there is no answer to copy" }, []] : [view, [{ do: "copy", text: block.answer, what: "the answer" }]];
    }
    case "copy-code": {
      const code = document.blocks.map((block) => lastCodeBlock(block.answer)).findLast((text) => text !== null);
      return code === undefined || code === null ? [{ ...view, message: "there is no code block to copy" }, []] : [view, [{ do: "copy", text: code, what: "the code block" }]];
    }
    case "write":
      return [lastAnswer(document) === undefined ? { ...view, message: "there is no answer to write" } : { ...view, mode: promptFor("write") }, []];
    case "help":
      return [{ ...view, mode: { kind: "help", top: 0 } }, []];
    case "redraw":
    case "suspend":
    case "quit":
    case "interrupt":
      return [view, [{ do: action }]];
  }
}

/** Where the help is longer than the screen, the keys that scroll do; any other goes back to the text. */
function readHelp(view: View, top: number, key: Key, { height }: Scene): [View, readonly Effect[]] {
  const action = actionOf(key.id);
  if (action === "interrupt") return [view, [{ do: action }]];
  const step = action === "up" ? -1 : action === "down" ? 1 : action === "page-up" || action === "half-up" ? -height : action === "page-down" || action === "half-down" ? height : 0;
  const next = Math.max(0, Math.min(helpLines.length - height, top + step));
  return [{ ...view, mode: step === 0 || helpLines.length <= height ? { kind: "text" } : { kind: "help", top: next } }, []];
}

function type(view: View, prompt: Prompt, key: Key, scene: Scene): [View, readonly Effect[]] {
  const next = prompted(prompt, key);
  const { text } = prompt.editor;
  if (next.kind === "going-on") return [{ ...view, mode: next.prompt }, []];
  const back: View = { ...view, mode: { kind: "text" } };
  if (next.kind === "given-up") return [back, []];
  if (prompt.asks === "write") return text === "" ? [back, []] : [back, [{ do: "write", path: text, text: lastAnswer(scene.document)?.answer ?? "" }]];
  // Nothing typed: the last pattern once more.
  return [searched(text === "" ? back : { ...back, pattern: patternOf(text), match: null }, true, scene), []];
}

function scrolled(view: View, by: number, scene: Scene): View {
  const first = firstRow(view, scene) + by;
  return first >= scene.layout.total - scene.height ? { ...view, top: null } : { ...view, top: scene.layout.anchorAt(Math.max(0, first)) };
}

function searched(view: View, forward: boolean, scene: Scene): View {
  if (view.pattern === null) return { ...view, message: "nothing to search for; / asks" };
  const first = firstRow(view, scene);
  const isSeen = (row: number): boolean => row >= first && row < first + scene.height;
  const top = scene.layout.anchorAt(first);
  // From the last match while it is in sight, else from what is shown; a match in the very first place counts, too.
  const from = view.match !== null && isSeen(scene.layout.indexOf(view.match.at)) ? view.match.at : top === null ? null : { ...top, offset: top.offset - 1 };
  const found = find(scene.document, view.pattern, from, forward);
  if (found === null) return { ...view, match: null, message: "not found" };
  const row = scene.layout.indexOf(found.match.at);
  const moved = isSeen(row) ? view : scrolled(view, row - first - Math.floor(scene.height / 3), scene);
  return { ...moved, match: found.match, message: found.wrapped ? (forward ? "went on from the beginning" : "went on from the end") : "" };
}

function lastAnswer(document: Document) {
  return document.blocks.findLast(({ lines }) => lines.some(({ kind, text }) => kind === "answer" && text !== ""));
}
