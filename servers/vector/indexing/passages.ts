import type { Passage } from "./catalogue.ts";
import { splitFile } from "../files/split/split.ts";

/** A file's text in pieces. A passage is named by its file and line, so it keeps its name as long as it stands where it stood. */
export function passagesOf(path: string, text: string): Passage[] {
  const seen = new Map<number, number>();
  return splitFile(path, text).map(({ text: passage, line, end, heading, kind }) => {
    const before = seen.get(line) ?? 0;
    seen.set(line, before + 1);
    return { id: before === 0 ? `${path}:${line}` : `${path}:${line}+${before}`, text: passage, metadata: { path, line, end, ...(heading === undefined ? {} : { heading }), kind } };
  });
}
