/** A block of commands in a Markdown file that is meant to be run, and the output that is shown for it, if any. */
export interface TourBlock {
  /** Line of the opening fence, 1 being the first. */
  readonly line: number;
  readonly kind: "start" | "step";
  readonly commands: string;
  readonly shown: string | null;
}

interface Fence {
  readonly line: number;
  readonly info: string;
  readonly text: string;
}

/** The blocks fenced as `sh tour-start` and `sh tour`; a `text` block that follows one shows its output. */
export function tourBlocks(markdown: string): TourBlock[] {
  const fences = fencesOf(markdown);
  return fences.flatMap(({ line, info, text }, index): TourBlock[] => {
    if (info !== "sh tour" && info !== "sh tour-start") return [];
    const next = fences[index + 1];
    return [{ line, kind: info === "sh tour" ? "step" : "start", commands: text, shown: next?.info === "text" ? next.text : null }];
  });
}

/**
 * The first line of `shown` that does not come in `output`, in order; null when all do. In `shown`, `…` stands for anything, also for
 * lines, a number for any number, and a run of spaces for another.
 */
export function missingLine(shown: string, output: string): string | null {
  const lines = output.split("\n").map((line) => line.trim());
  let from = 0;
  for (const line of shown.split("\n").map((one) => one.trim()).filter((one) => one !== "" && one !== "…")) {
    const found = lines.findIndex((candidate, index) => index >= from && patternOf(line).test(candidate));
    if (found === -1) return line;
    from = found + 1;
  }
  return null;
}

function patternOf(line: string): RegExp {
  const escaped = line.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll("…", ".*").replaceAll(/\d+/g, String.raw`\d+`).replaceAll(/ +/g, String.raw`\s+`).replaceAll("/tmp/", String.raw`\S*/`)}$`);
}

function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { line: number; info: string; lines: string[] } | null = null;
  for (const [index, line] of markdown.split("\n").entries()) {
    if (open === null && line.startsWith("```")) open = { line: index + 1, info: line.slice(3).trim(), lines: [] };
    else if (open !== null && line === "```") {
      fences.push({ line: open.line, info: open.info, text: open.lines.join("\n") });
      open = null;
    } else open?.lines.push(line);
  }
  return fences;
}
