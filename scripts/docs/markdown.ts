/** A Markdown table, one line each. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`.replaceAll(/ {2,}\|/g, " |");
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** Text that cannot break out of a table's cell. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** `text` with what stands between the two marks of `name` replaced. @throws Error when the marks are not there */
export function withSection(text: string, name: string, section: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`expected the marks ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${section}\n\n${text.slice(to)}`;
}
