/** What stands in the last fenced code block of a Markdown text, also when its end has not come; null when there is none. Source: CommonMark §4.5. */
export function lastCodeBlock(text: string): string | null {
  let last: string[] | null = null;
  let open: { fence: string; indent: number; lines: string[] } | null = null;
  for (const line of text.split("\n")) {
    const [, indent = "", fence = "", info = ""] = /^([ \t]*)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (open === null) {
      // Backticks behind backticks are code inside a line.
      if (fence !== "" && !(fence.startsWith("`") && info.includes("`"))) last = (open = { fence, indent: indent.length, lines: [] }).lines;
    } else if (fence.startsWith(open.fence) && info.trim() === "") open = null;
    else open.lines.push(line.replace(new RegExp(`^[ \\t]{0,${open.indent}}`), ""));
  }
  return last === null ? null : last.map((line) => `${line}\n`).join("");
}
