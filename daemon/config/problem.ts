/** One mistake in a config file. `line` and `col` count from 1; an editor opens `file:line:col`. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** What is wrong, with the place inside the document and what stands there. */
  readonly message: string;
  readonly expected: string | null;
  readonly got: string | null;
  /** What to do about it. */
  readonly hint: string | null;
  /** The source line, and how many of its characters from `col` on are meant. Null for a file that could not be read. */
  readonly excerpt: { readonly text: string; readonly width: number } | null;
}

/** A mistake before it has a place in a file. */
export interface Finding {
  readonly message: string;
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
  readonly hint?: string | undefined;
}

const MAX_SHOWN = 160;

/** One line: `file:line:col: message; expected …; hint`. */
export function summarise(problem: Problem): string {
  const tail = [problem.expected === null ? null : `expected ${problem.expected}`, problem.hint].filter((part) => part !== null);
  return [`${problem.file}:${problem.line}:${problem.col}: ${problem.message}`, ...tail].join("; ");
}

/**
 * For people, several lines:
 *
 *     tools.yaml:7:5: unknown key "modle" in tools.chat
 *       7 |     modle: builtin
 *         |     ^^^^^ did you mean "model"?
 */
export function render(problem: Problem): string {
  const head = `${problem.file}:${problem.line}:${problem.col}: ${problem.message}`;
  const notes = [problem.expected === null ? null : `expected ${problem.expected}`, problem.hint].filter((note) => note !== null);
  if (problem.excerpt === null) return [head, ...notes.map((note) => `  ${note}`)].join("\n");
  // Of a very long line, what is around the place.
  const skipped = Math.max(0, problem.col - MAX_SHOWN / 2);
  const text = problem.excerpt.text.slice(skipped, skipped + MAX_SHOWN);
  const width = Math.min(problem.excerpt.width, MAX_SHOWN / 2);
  const number = String(problem.line).padStart(3);
  const gutter = `${" ".repeat(number.length)} | `;
  // Tabs stay tabs, so that the caret stands under its place whatever their width.
  const indent = text.slice(0, problem.col - 1 - skipped).replace(/[^\t]/g, " ");
  const caret = `${indent}${"^".repeat(Math.max(1, width))}`;
  const under = notes.map((note, index) => `${gutter}${index === 0 ? caret : caret.replaceAll("^", " ")} ${note}`);
  return [head, `${number} | ${text}`, ...(under.length === 0 ? [gutter + caret] : under)].join("\n");
}
