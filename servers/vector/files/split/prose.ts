import { fit } from "./fit.ts";
import { isBlank, type Lines } from "./lines.ts";
import { packSection } from "./pack.ts";
import type { Sizes, Unit } from "./unit.ts";

/** Plain text by its paragraphs, which are what blank lines part. */
export function splitProse(lines: Lines, sizes: Sizes): Unit[] {
  const units: Unit[] = [];
  let from = 0;
  for (let line = 0; line <= lines.count; line += 1) {
    if (!isBlank(lines, line)) continue; // the line behind the last one is blank, too
    if (from < line) for (const unit of fit(lines, from, line, [], sizes)) units.push(unit);
    from = line + 1;
  }
  return packSection(units, sizes);
}
