import { CST, Lexer } from "yaml";

const MAX_FLOW_DEPTH = 100;
/** Each level of block nesting begins at least a column further right than the one around it. */
const MAX_BLOCK_COLUMN = 1000;

/**
 * The offset at which a text is nested more deeply than can be parsed safely, or null. The YAML package recurses a level
 * at a time, and running out of stack may end the process (V8 aborts when it compiles a regular expression just then),
 * so this cannot be left to a `catch`.
 */
export function tooDeepAt(text: string): number | null {
  let [offset, lineStart, depth, scalarNext] = [0, 0, 0, false];
  for (const lexeme of new Lexer().lex(text)) {
    if (MARKS.has(lexeme)) {
      scalarNext = lexeme === CST.SCALAR;
      continue;
    }
    const type = scalarNext ? "scalar" : CST.tokenType(lexeme);
    scalarNext = false;
    if (type === "flow-map-start" || type === "flow-seq-start") depth += 1;
    if (type === "flow-map-end" || type === "flow-seq-end") depth -= 1;
    if (depth > MAX_FLOW_DEPTH) return offset;
    if (depth === 0 && type !== null && BLOCK_INDICATORS.has(type) && offset - lineStart > MAX_BLOCK_COLUMN) return offset;
    const lineEnd = lexeme.lastIndexOf("\n");
    if (lineEnd !== -1) lineStart = offset + lineEnd + 1;
    offset += lexeme.length;
  }
  return null;
}

/** What the lexer puts between the pieces of the text and is no piece of it. */
const MARKS: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);
const BLOCK_INDICATORS: ReadonlySet<string> = new Set(["seq-item-ind", "explicit-key-ind", "map-value-ind"]);
