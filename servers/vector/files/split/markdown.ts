import { blocksOf } from "./blocks.ts";
import { fit } from "./fit.ts";
import type { Lines } from "./lines.ts";
import { mergeShort, packSection } from "./pack.ts";
import type { Sizes, Unit } from "./unit.ts";

/** Markdown by its headings. Front matter stays by itself; a section that is too long is cut between its blocks. */
export function splitMarkdown(lines: Lines, sizes: Sizes): Unit[] {
  const packed: Unit[] = [];
  const path: Array<{ readonly level: number; readonly title: string }> = [];
  let section: Unit[] = [];
  let heading: readonly string[] = [];
  const flush = (): void => {
    for (const unit of packSection(section, sizes)) packed.push(unit);
    section = [];
  };
  for (const block of blocksOf(lines)) {
    if (block.type === "heading") {
      flush();
      while ((path.at(-1)?.level ?? 0) >= block.level) path.pop();
      path.push({ level: block.level, title: block.title });
      heading = path.map(({ title }) => title);
    }
    const units = fit(lines, block.from, block.to, heading, sizes);
    for (const unit of units) {
      if (block.type === "front") packed.push({ ...unit, apart: true });
      else section.push(block.type === "heading" ? { ...unit, bare: true } : unit);
    }
  }
  flush();
  return mergeShort(packed, sizes);
}
