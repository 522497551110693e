import { typeWord, unionMembers } from "../pipes/protocol/interfaces/words.ts";
import { isObject } from "./options.ts";

/** Says that a text cannot be read as the type that is wanted. */
export const MISFIT: unique symbol = Symbol("misfit");

/** A word of the command line as a value of an interface's type: `integer`, `string[]`, `"a" | "b"`, …; MISFIT when it is none. */
export function coerce(text: string, type: string): unknown {
  const members = unionMembers(type);
  if (members.length > 1) return coerceUnion(text, members);
  const wanted = typeWord(type);
  if (wanted.endsWith("[]")) return coerceArray(text, wanted.slice(0, -2));
  switch (wanted) {
    case "string":
      return text;
    case "integer":
      return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : MISFIT;
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : MISFIT;
    case "boolean":
      return BOOLEANS.get(text.toLowerCase()) ?? MISFIT;
    case "null":
      return text === "null" ? null : MISFIT;
    case "object": {
      const value = fromJson(text);
      return isObject(value) ? value : MISFIT;
    }
    default:
      return coerceLiteral(text, wanted);
  }
}

export const isBoolean = (type: string): boolean => typeWord(type) === "boolean";
export const isArray = (type: string): boolean => typeWord(type).endsWith("[]");
/** Whether plain text can be a value of this type as it stands. */
export const takesText = (type: string): boolean => unionMembers(type).some((member) => ["string", "any"].includes(typeWord(member)));

/** JSON where it is JSON, else the text. */
export function guess(text: string): unknown {
  const value = fromJson(text);
  return value === MISFIT ? text : value;
}

const BOOLEANS = new Map(Object.entries({ true: true, yes: true, on: true, "1": true, false: false, no: false, off: false, "0": false }));

/** The narrowest member wins, so text comes last; a number only where nothing of what was typed is lost. */
function coerceUnion(text: string, members: readonly string[]): unknown {
  const sorted = [...members].sort((a, b) => Number(takesText(a)) - Number(takesText(b)));
  for (const member of sorted) {
    const value = coerce(text, member);
    if (value === MISFIT || (typeof value === "number" && String(value) !== text)) continue;
    return value;
  }
  return MISFIT;
}

function coerceArray(text: string, item: string): unknown {
  if (text.trimStart().startsWith("[")) {
    const value = fromJson(text);
    if (Array.isArray(value)) return value;
  }
  const value = coerce(text, item);
  return value === MISFIT ? MISFIT : [value];
}

/** `"cuda"`, `false`, `3`: exactly that. Any other word is a type we do not know, so the value is taken as it reads. */
function coerceLiteral(text: string, type: string): unknown {
  const literal = fromJson(type);
  if (literal === MISFIT) return guess(text);
  return text === String(literal) || text === type ? literal : MISFIT;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return MISFIT; // not JSON
  }
}
