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
  const flush = (): void => {
    packed.push(...packSection(section, sizes));
    section = [];
  };
  for (const block of blocksOf(lines)) {
    if (block.type === "heading") {
      flush();
      while ((path.at(-1)?.level ?? 0) >= block.level) path.pop();
      path.push({ level: block.level, title: block.title });
    }
    const units = fit(lines, block.from, block.to, path.map(({ title }) => title), sizes);
    if (block.type === "front") packed.push(...units.map((unit) => ({ ...unit, apart: true })));
    else section.push(...(block.type === "heading" ? units.map((unit) => ({ ...unit, bare: true })) : units));
  }
  flush();
  return mergeShort(packed, sizes);
}
