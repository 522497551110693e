import { isNode, isSeq, type Pair, type Scalar } from "yaml";
import type { Environment } from "../../pipes/protocol/places.ts";
import { interpolate } from "./interpolate.ts";
import type { Finding } from "./problem.ts";
import { Filled } from "./tidy.ts";

export type Path = readonly (string | number)[];
/** Places whose scalars are taken as they are written, so that `VERSION: 1.10` is not made 1.1. Items of lists are called 0. */
export type Verbatim = (path: Path) => boolean;
type Spot = readonly [from: number, to: number];

/** A function that resolves the variables of one scalar in place; what could not be resolved comes back with its offsets. */
export function scalarFiller(text: string, env: Environment, verbatim: Verbatim) {
  return (node: Scalar, ancestors: readonly unknown[]): [Spot, Finding][] => {
    const plain = node.type === "PLAIN";
    const taken = plain && (typeof node.value === "number" || typeof node.value === "boolean") ? node.value : null;
    if (taken !== null && verbatim(pathOf(ancestors))) node.value = node.source ?? String(taken);
    if (typeof node.value !== "string") return [];
    const { value, unresolved } = interpolate(node.value, env);
    if (unresolved.length === 0) {
      if (value !== node.value) node.value = new Filled(value, plain);
      return [];
    }
    const [from, to] = node.range ?? [0, 0];
    let next = from;
    return unresolved.map(({ text: expression, message, hint }) => {
      const found = text.indexOf(expression, next);
      const start = found === -1 || found >= to ? from : found;
      next = start + 1;
      return [[start, Math.min(start + expression.length, to)], { message, hint }];
    });
  };
}

function pathOf(ancestors: readonly unknown[]): Path {
  const path: (string | number)[] = [];
  for (const ancestor of ancestors) {
    if (isSeq(ancestor)) path.push(0);
    else if (isPair(ancestor)) path.push(String(isNode(ancestor.key) && "value" in ancestor.key ? ancestor.key.value : ancestor.key));
  }
  return path;
}

function isPair(value: unknown): value is Pair {
  return typeof value === "object" && value !== null && !isNode(value) && "key" in value;
}
