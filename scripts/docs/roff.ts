/** Markdown as it stands in docs/ in the language of manual pages: paragraphs, lists, tables, code. `skip` leaves tables out. Source: man(7). */
export function roffOf(markdown: string, skip: (rows: readonly string[]) => boolean = () => false): string[] {
  const blocks = markdown.replaceAll(/^```\w*\n([^]*?)^```$/gm, (_, code: string) => code.trimEnd().replaceAll(/^/gm, "    ")).split(/\n{2,}/);
  return separated(blocks.map((block) => block.replace(/^\n+|\n+$/g, "")).filter((block) => block !== "").map((block) => blockOf(block, skip)).filter(({ lines }) => lines.length > 0));
}

/** Text with `code`, **strong**, *emphasis* and [links](…), as lines that are not too long. */
export function roffText(markdown: string): string {
  const text = markdown.replaceAll(/\s+/g, " ").trim();
  const pieces = text.split(/(`[^`]+`)/);
  const roff = pieces.map((piece) => (/^`[^`]+`$/.test(piece) ? `\\fB${escaped(piece.slice(1, -1))}\\fR` : inline(piece))).join("");
  return roff.match(/\S(?:.{0,76}\S)?(?=\s|$)|\S+/g)?.map(guarded).join("\n") ?? "";
}

interface Block {
  /** Whether a paragraph has to begin before it. */
  readonly opens: boolean;
  readonly lines: readonly string[];
}

function blockOf(block: string, skip: (rows: readonly string[]) => boolean): Block {
  if (/^#{3,} /.test(block)) {
    const [head = "", ...rest] = block.split("\n");
    return { opens: false, lines: [`.SS ${roffText(head.replace(/^#+ /, ""))}`, ...(rest.length === 0 ? [] : [roffText(rest.join("\n"))])] };
  }
  if (block.startsWith("|")) return { opens: false, lines: tableOf(block.split("\n"), skip) };
  if (block.split("\n").every((line) => /^ {4}/.test(line))) return { opens: true, lines: [".RS 4", ".nf", ...block.split("\n").map((line) => guarded(escaped(line.slice(4)))), ".fi", ".RE"] };
  if (/^[*-] /.test(block)) return { opens: false, lines: block.split(/\n(?=[*-] )/).flatMap((item) => [".IP \\(bu 2", roffText(item.slice(2))]) };
  if (block.startsWith("<!--")) return { opens: false, lines: [] };
  return { opens: true, lines: [roffText(block)] };
}

/** Every row as its first cell, and the others below it. */
function tableOf(rows: readonly string[], skip: (rows: readonly string[]) => boolean): string[] {
  if (skip(rows)) return [];
  const head = /^\| (Exit code) \|/.exec(rows[0] ?? "")?.[1];
  const entries = rows.slice(2).flatMap((row) => {
    const [first = "", ...rest] = row.replace(/^\| ?| ?\|$/g, "").split(/(?<!\\) ?\| ?/);
    return [".TP", roffText(first.replaceAll("\\|", "|")), roffText(rest.join(", ").replaceAll("\\|", "|"))];
  });
  return head === undefined ? entries : [`.SS ${head}`, ...entries];
}

/** The first block stands below its heading at once. */
function separated(blocks: readonly Block[]): string[] {
  return blocks.flatMap(({ opens, lines }, n) => (opens && n > 0 ? [".PP", ...lines] : lines));
}

function inline(text: string): string {
  return escaped(text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1"))
    .replaceAll(/\*\*([^*]+)\*\*/g, "\\fB$1\\fR")
    .replaceAll(/(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])/g, "\\fI$1\\fR");
}

/** A minus is one, not a hyphen; the typesetter's own letters keep their looks. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("…", "...")
    .replaceAll("–", "\\(en")
    .replaceAll("→", "\\(->")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    // Whatever else is beyond ASCII, by its number.
    .replaceAll(/[^\u0000-\u007f]/gu, (char) => `\\[u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`); // oxlint-disable-line no-control-regex -- ASCII is what is left alone
}

/** A dot or a quote at the beginning of a line would be a request. */
function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
