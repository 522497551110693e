/** Rules of GBNF that any JSON is made of. Source of the notation: github.com/ggml-org/llama.cpp, grammars/README.md */
export const RULES = {
  /** What may stand between: nothing, a space, or a line with its indent; never so much that a model could fill its context with it. */
  space: String.raw`| " " | "\n" [ \t]{0,20}`,
  char: String.raw`[^"\\\x7F\x00-\x1F] | [\\] (["\\bfnrt/] | "u" [0-9a-fA-F]{4})`,
  string: String.raw`"\"" char* "\""`,
  integer: String.raw`"-"? natural`,
  natural: String.raw`"0" | [1-9] [0-9]{0,15}`,
  number: String.raw`"-"? natural ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?`,
  boolean: String.raw`"true" | "false"`,
  null: String.raw`"null"`,
  any: "object | array | string | number | boolean | null",
  member: String.raw`string ":" space any`,
  object: String.raw`"{" space (member ("," space member)* space)? "}"`,
  array: String.raw`"[" space (any ("," space any)* space)? "]"`,
  date: String.raw`[0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [12] [0-9] | "3" [01])`,
  time: String.raw`([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{3})? ("Z" | [-+] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9])`,
  moment: `date "T" time`,
  uuid: String.raw`[0-9a-fA-F]{8} "-" [0-9a-fA-F]{4} "-" [0-9a-fA-F]{4} "-" [0-9a-fA-F]{4} "-" [0-9a-fA-F]{12}`,
} as const;

/** A value as it has to be written, to the letter. */
export function literal(value: unknown): string {
  return `"${JSON.stringify(value).replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** `{2,5}` of something; more of it than this would be written out by llama.cpp one by one. */
export const MOST_REPEATED = 1000;
