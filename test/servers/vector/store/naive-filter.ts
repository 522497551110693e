/** Whether metadata matches a filter, by reading both anew: what the tables are compared with. */
export function matches(metadata: object | undefined, filter: object): boolean {
  return Object.entries(filter).every(([key, value]: [string, unknown]) => {
    if (key === "$and") return (value as object[]).every((each) => matches(metadata, each));
    if (key === "$or") return (value as object[]).some((each) => matches(metadata, each));
    if (key === "$not") return !matches(metadata, value as object);
    const conditions = typeof value === "object" && value !== null ? Object.entries(value) : [["$eq", value] as const];
    return conditions.every(([operator, operand]) => holds(membersOf(metadata, key), operator, operand));
  });
}

/** Stands for a list or an object without members. */
const EMPTY = Symbol("empty");

function holds(members: readonly unknown[], operator: string, operand: unknown): boolean {
  const compared = (test: (member: string | number, bound: string | number) => boolean): boolean =>
    members.some((member) => typeof member === typeof operand && test(member as string | number, operand as string | number));
  switch (operator) {
    case "$eq":
      return members.includes(operand);
    case "$ne":
      return !members.includes(operand);
    case "$in":
      return (operand as unknown[]).some((one) => members.includes(one));
    case "$nin":
      return !(operand as unknown[]).some((one) => members.includes(one));
    case "$exists":
      return members.length > 0 === operand;
    case "$gt":
      return compared((member, bound) => member > bound);
    case "$gte":
      return compared((member, bound) => member >= bound);
    case "$lt":
      return compared((member, bound) => member < bound);
    case "$lte":
      return compared((member, bound) => member <= bound);
    default:
      throw new Error(operator);
  }
}

/** The values that stand below a key such as `a.b`. */
function membersOf(metadata: unknown, key: string): unknown[] {
  const found: unknown[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) {
      if (path === key) found.push(value);
      return;
    }
    const members = Array.isArray(value) ? value.map((member: unknown) => [path, member] as const) : Object.entries(value).map(([name, member]) => [path === "" ? name : `${path}.${name}`, member as unknown] as const);
    if (members.length === 0 && path === key) found.push(EMPTY);
    for (const [name, member] of members) visit(member, name);
  };
  visit(metadata ?? {}, "");
  return found;
}
