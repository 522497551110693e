import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, parseDocument, visit, type YAMLMap } from "yaml";
import type { Environment } from "../../pipes/protocol/places.ts";
import { tooDeepAt } from "./depth.ts";
import { type Path, scalarFiller, type Verbatim } from "./fill.ts";
import type { Finding, Problem } from "./problem.ts";
import { inOurWords, NOT_FATAL, onePerLine, spotOfError, withoutEchoes } from "./syntax.ts";

/** A parsed config file: its value, with variables filled in, and a way back from any place in it to the text. */
export interface Source {
  /** Its filled-in scalars are `Filled`; undefined when the text is so broken that nothing can be said about its content. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** The problem of a finding at `path`: at the key there, or at its value. */
  readonly problemAt: (path: Path, at: "key" | "value", finding: Finding) => Problem;
}

/** Offsets in the text. */
type Spot = readonly [from: number, to: number];
const MAX_ALIASES = 100;
/** More than anybody reads at once. */
export const MAX_PROBLEMS = 50;
/** Tags that say what YAML would have taken a value for anyway, or could have. */
const PLAIN_TAG = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;

/** Reads YAML. Never throws: what is wrong with the text is in `problems`. */
export function readDocument(file: string, text: string, env: Environment, verbatim: Verbatim = () => false): Source {
  const starts = lineStarts(text);
  const problem = (spot: Spot, finding: Finding): Problem => place(file, text, starts, spot, finding);
  const unreadable = (message: string, offset = 0): Source => ({
    value: undefined,
    problems: [problem([offset, offset + 1], { message })],
    problemAt: (_path, _at, finding) => problem([0, 0], finding),
  });
  const deep = tooDeepAt(text);
  if (deep !== null) return unreadable("this is nested too deeply", deep);
  try {
    return read(text, problem, scalarFiller(text, env, verbatim));
  } catch (error) {
    // How the package says that aliases of aliases would make a large value of a small file.
    if (error instanceof ReferenceError) return unreadable("the aliases in this file refer to too much");
    throw error;
  }
}

function read(text: string, problem: (spot: Spot, finding: Finding) => Problem, fillIn: ReturnType<typeof scalarFiller>): Source {
  const doc = parseDocument(text, { prettyErrors: false, stringKeys: true, uniqueKeys: false, logLevel: "error" });
  const broken = withoutEchoes([...doc.errors, ...doc.warnings]).slice(0, MAX_PROBLEMS);
  const problems = onePerLine(broken.map((error) => problem(spotOfError(error, doc), inOurWords(error, text))));
  const targets = new Map<Node, Node>();
  const problemAt: Source["problemAt"] = (path, at, finding) => problem(spotOf(doc.contents, targets, path, at), finding);
  if (broken.some((error) => !NOT_FATAL.has(error.code))) return { value: undefined, problems, problemAt };

  let fatal = false;
  const fail = (spot: Spot, finding: Finding): symbol => {
    fatal = true;
    problems.push(problem(spot, finding));
    return visit.BREAK;
  };
  const anchors = new Map<string, Node>();
  const { explicit, version } = doc.directives?.yaml ?? {};
  if (explicit === true && version !== "1.2") fail([0, 1], { message: `this file says that it is YAML ${version ?? "?"}`, expected: "YAML 1.2" });
  visit(doc, {
    Node: (key, node, ancestors) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (targets.size >= MAX_ALIASES) return fail(spotIn(node), { message: "too many aliases", expected: `at most ${MAX_ALIASES}` });
        if (target === undefined) return fail(spotIn(node), { message: `nothing is called &${node.source} above this line` });
        if (ancestors.includes(target)) return fail(spotIn(node), { message: `*${node.source} stands inside of what it refers to` });
        targets.set(node, target);
        return undefined;
      }
      if (node.tag !== undefined && !PLAIN_TAG.test(node.tag)) return fail(spotIn(node), { message: `tags have no meaning here: ${node.tag}` });
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      if (isMap(node)) problems.push(...repeated(node).slice(0, MAX_PROBLEMS).map((spot) => problem(spot, { message: "this key is there twice", hint: "keep one of the two" })));
      if (isScalar(node) && key !== "key") problems.push(...fillIn(node, ancestors).slice(0, MAX_PROBLEMS).map(([spot, finding]) => problem(spot, finding)));
      return problems.length < MAX_PROBLEMS ? undefined : fail(spotIn(node), { message: "there is more wrong from here on" });
    },
  });
  return { value: fatal ? undefined : (doc.toJS({ maxAliasCount: MAX_ALIASES }) as unknown), problems, problemAt };
}

function place(file: string, text: string, starts: readonly number[], [from, to]: Spot, finding: Finding): Problem {
  const offset = Math.max(0, Math.min(from, text.length));
  const index = starts.findLastIndex((start) => start <= offset);
  const start = starts[index] ?? 0;
  const line = text.slice(start, (starts[index + 1] ?? text.length + 1) - 1).replace(/\r$/, "");
  const col = Math.min(offset - start, line.length) + 1;
  const width = Math.max(1, Math.min(to - from, line.length - col + 1));
  const { message, expected, got, hint } = finding;
  return { file, line: index + 1, col, message, expected: expected ?? null, got: got ?? null, hint: hint ?? null, excerpt: { text: line, width } };
}

/** The package's own LineCounter misses lines within a quoted text that goes wrong. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Follows a path as far as the document goes; what is missing is shown at what it is missing from. */
function spotOf(root: Node | null, targets: ReadonlyMap<Node, Node>, path: Path, at: "key" | "value"): Spot {
  let spot: Spot = root === null ? [0, 0] : spotIn(root);
  let node: unknown = root;
  for (const [index, step] of path.entries()) {
    const here = isAlias(node) ? targets.get(node) : node;
    const pair = isMap(here) ? here.items.findLast((item) => nameOf(item) === String(step)) : undefined;
    const next: unknown = isSeq(here) ? here.items[Number(step)] : pair?.value;
    const keyMeant = index === path.length - 1 && at === "key";
    if (pair !== undefined && isNode(pair.key) && (keyMeant || !hasText(next))) spot = spotIn(pair.key);
    else if (hasText(next)) spot = spotIn(next);
    else break;
    node = next;
  }
  return spot;
}

function repeated(map: YAMLMap): Spot[] {
  const seen = new Set<string>();
  return map.items.flatMap((pair) => {
    const name = nameOf(pair);
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return isNode(pair.key) ? [spotIn(pair.key)] : [];
  });
}

function nameOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function hasText(node: unknown): node is Node {
  return isNode(node) && node.range !== undefined && node.range !== null && node.range[1] > node.range[0];
}

function spotIn(node: Node): Spot {
  return [node.range?.[0] ?? 0, node.range?.[1] ?? 0];
}
