import { homedir } from "node:os";
import type { Environment } from "../../pipes/protocol/places.ts";

/** A `${…}` that could not be resolved; `text` is how it begins in the source. */
export interface Unresolved {
  readonly text: string;
  readonly message: string;
  readonly hint: string;
}

/**
 * Replaces `${NAME}` and `${NAME:-default}` (the default when NAME is unset or empty), `$$` by `$`, and a leading `~` of
 * `~` or `~/…` by the home folder. A `$` before anything else stays.
 */
export function interpolate(text: string, env: Environment): { readonly value: string; readonly unresolved: readonly Unresolved[] } {
  const unresolved: Unresolved[] = [];
  const value = text.replace(EXPRESSION, (whole: string, escaped: string | undefined, name: string | undefined, rest: string | undefined) => {
    if (escaped !== undefined) return "$";
    if (name === undefined) {
      unresolved.push({ text: "${", message: `"${whole}" is not a variable`, hint: 'write ${NAME} or ${NAME:-default}; for a plain "${" write "$${"' });
      return whole;
    }
    const set = env[name];
    if (rest !== undefined) return set === undefined || set === "" ? rest.slice(2) : set;
    if (set !== undefined) return set;
    unresolved.push({ text: whole, message: `the environment variable ${name} is not set`, hint: `set it, or give a default: \${${name}:-…}` });
    return whole;
  });
  const home = env["HOME"] ?? homedir();
  return { value: /^~(\/|$)/.test(text) ? home + value.slice(1) : value, unresolved };
}

const EXPRESSION = /(\$\$)|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}|[^}\n]*\}?)/g;

/** A filled-in scalar as a number or a boolean, where nothing is lost by it. */
export function retype(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text !== "" && Number.isFinite(number) && String(number) === text ? number : text;
}
