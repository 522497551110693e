import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, visit, type YAMLMap } from "yaml";
import type { Environment } from "../../pipes/protocol/places.ts";
import { tooDeepAt } from "./depth.ts";
import { type Path, scalarFiller, type Verbatim } from "./fill.ts";
import type { Finding, Problem } from "./problem.ts";
import { inOurWords, NOT_FATAL, onePerLine, spotOfError, withoutEchoes } from "./syntax.ts";

/** A parsed config file: its value, with variables filled in, and a way back from any place in it to the text. */
export interface Source {
  /** Undefined when the text is so broken that nothing can be said about its content. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** The problem of a finding at `path`: at the key there, or at its value. */
  readonly problemAt: (path: Path, at: "key" | "value", finding: Finding) => Problem;
}

/** Offsets in the text. */
type Spot = readonly [from: number, to: number];
const MAX_ALIASES = 100;
/** Tags that say what YAML would have taken a value for anyway, or could have. */
const PLAIN_TAG = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;

/** Reads YAML. Never throws: what is wrong with the text is in `problems`. */
export function readDocument(file: string, text: string, env: Environment, verbatim: Verbatim = () => false): Source {
  const lines = new LineCounter();
  const problem = (spot: Spot, finding: Finding): Problem => place(file, text, lines, spot, finding);
  const unreadable = (message: string, offset = 0): Source => ({
    value: undefined,
    problems: [problem([offset, offset + 1], { message })],
    problemAt: (_path, _at, finding) => problem([0, 0], finding),
  });
  const deep = tooDeepAt(text);
  if (deep !== null) return unreadable("this is nested too deeply", deep);
  try {
    return read(text, lines, problem, scalarFiller(text, env, verbatim));
  } catch (error) {
    // How the package says that aliases of aliases would make a large value of a small file.
    if (error instanceof ReferenceError) return unreadable("the aliases in this file refer to too much");
    throw error;
  }
}

function read(text: string, lines: LineCounter, problem: (spot: Spot, finding: Finding) => Problem, fillIn: ReturnType<typeof scalarFiller>): Source {
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: false, logLevel: "error" });
  const broken = withoutEchoes([...doc.errors, ...doc.warnings]);
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
      if (isMap(node)) problems.push(...repeated(node).map((spot) => problem(spot, { message: "this key is there twice", hint: "keep one of the two" })));
      if (isScalar(node) && key !== "key") problems.push(...fillIn(node, ancestors).map(([spot, finding]) => problem(spot, finding)));
      return undefined;
    },
  });
  return { value: fatal ? undefined : (doc.toJS({ maxAliasCount: MAX_ALIASES }) as unknown), problems, problemAt };
}

function place(file: string, text: string, lines: LineCounter, [from, to]: Spot, finding: Finding): Problem {
  const offset = Math.max(0, Math.min(from, text.length));
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", start);
  const line = text.slice(start, end === -1 ? undefined : end).replace(/\r$/, "");
  const col = Math.min(offset - start, line.length) + 1;
  const width = Math.max(1, Math.min(to - from, line.length - col + 1));
  const { message, expected, got, hint } = finding;
  const excerpt = { text: line, width };
  const number = lines.lineStarts.length === 0 ? text.slice(0, offset).split("\n").length : lines.linePos(offset).line;
  return { file, line: Math.max(1, number), col, message, expected: expected ?? null, got: got ?? null, hint: hint ?? null, excerpt };
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
