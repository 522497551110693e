import { isDeepStrictEqual } from "node:util";
import { type Interface, inWords, shapeOf } from "../../pipes/protocol/interfaces/define.ts";
import { chat } from "../../pipes/protocol/interfaces/chat.ts";
import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import { stt } from "../../pipes/protocol/interfaces/stt.ts";
import { supervisor } from "../../pipes/protocol/interfaces/supervisor.ts";
import { tts } from "../../pipes/protocol/interfaces/tts.ts";
import { vector } from "../../pipes/protocol/interfaces/vector.ts";

/** What this program declares itself, by the kind of the tool. */
const DECLARED: Readonly<Record<string, Interface>> = { chat, stt, supervisor, tts, vector };

/**
 * The interfaces of a tool with their schemas, where that needs no question: those of the built-in kinds are known, also while such a tool has not
 * run yet. `told` is what the registry has: words without schemas, none before the first run. Null: only the tool itself can tell.
 */
export function declaredBy(kind: string, told: readonly InterfaceShape[]): readonly InterfaceShape[] | null {
  const declared = Object.hasOwn(DECLARED, kind) ? DECLARED[kind] : undefined;
  if (declared === undefined) return null;
  const { full, words } = (SHAPES[kind] ??= shapesOf(declared));
  const own = told.filter(({ name }) => name !== "base");
  // A daemon or a worker of another version may have more, or less.
  return own.length === 0 || isDeepStrictEqual(own, words) ? full : null;
}

/** The same without the schemas, as the registry has it. */
export function wordsOf(interfaces: readonly InterfaceShape[]): InterfaceShape[] {
  return interfaces.map(inWords);
}

interface Shapes {
  readonly full: readonly InterfaceShape[];
  readonly words: readonly InterfaceShape[];
}

/** As it comes over a pipe or out of a file. */
function shapesOf(declared: Interface): Shapes {
  const full = [JSON.parse(JSON.stringify(shapeOf(declared))) as InterfaceShape];
  return { full, words: wordsOf(full) };
}

const SHAPES: Record<string, Shapes> = {};
