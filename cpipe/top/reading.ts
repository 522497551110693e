import type { Key } from "../terminal/keys.ts";
import { detailLines } from "./details.ts";
import { followed } from "./logs.ts";
import { opened } from "./messenger/update.ts";
import { bodyHeight, type Model, type Page, type Updated } from "./model.ts";
import { rowsOf, scrolled, STEPS } from "./pane.ts";

/** Keys that go back from a page to the one before it. */
export const BACK: ReadonlySet<string> = new Set(["q", "Q", "escape", "left"]);

/** A key while the details of a tool, or a text, are read. */
export function pressedInText(model: Model, page: Extract<Page, { kind: "details" | "text" }>, key: Key, now: number): Updated {
  const height = bodyHeight(model);
  const lines = page.kind === "text" ? page.lines : detailLines(model, page.tool, now);
  const total = rowsOf(lines, model.size.columns).length;
  const isBack = BACK.has(key.id) || key.id === "enter";
  if (page.kind === "text") {
    // A text is there to be read once: whatever does not scroll it goes back.
    if (isBack || total <= height || STEPS[key.id] === undefined) return [{ ...model, page: page.back }, []];
  } else {
    const tool = model.tools.find(({ name }) => name === page.tool);
    if (isBack) return [{ ...model, page: { kind: "fleet" } }, []];
    if (key.id === "l") return followed(model, page.tool, "trace");
    if (key.id === "m" && tool !== undefined) return opened(model, tool);
  }
  return [{ ...model, page: { ...page, scroll: scrolled(total, page.scroll, key.id, height) } }, []];
}
