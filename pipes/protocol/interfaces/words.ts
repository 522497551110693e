/** Upstream's servers are written in Python, and name types its way. */
const ALIASES: Readonly<Record<string, string>> = {
  str: "string",
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
