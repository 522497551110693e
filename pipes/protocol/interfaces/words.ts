/** Upstream's servers are written in Python, and name types its way. A path is text, whose beginning whoever types it may leave out. */
const ALIASES: Readonly<Record<string, string>> = {
  str: "string",
  path: "string",
  int: "integer",
  float: "number",
  bool: "boolean",
  dict: "object",
  list: "any[]",
  array: "any[]",
};

/** The type of a FieldShape in our words: `int` is `integer`. */
export function typeWord(type: string): string {
  return ALIASES[type] ?? type;
}

/** The members of `string | null`; a plain type is its only one. */
export function unionMembers(type: string): string[] {
  return type.split("|").map((member) => member.trim());
}

/** Arguments of these names are a text that somebody writes, unlike, say, the name of a tool. */
export const PROMPT_NAMES: ReadonlySet<string> = new Set(["data", "prompt", "text", "message", "input", "query", "content"]);
