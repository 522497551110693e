import { typeWord, unionMembers } from "../../pipes/protocol/interfaces/words.ts";
import type { FieldShape } from "../../pipes/protocol/interfaces/shape.ts";
import { LEVELS } from "../../logs/entry.ts";
import { SUPERVISOR } from "../../pipes/protocol/names.ts";
import { isBoolean } from "../coerce.ts";
import { type Completion, both, FILES, NOTHING, words } from "./candidates.ts";
import type { Fleet } from "./fleet.ts";

/** What an argument of a tool's command may be. */
export function valuesOf(tool: string, arg: FieldShape, fleet: Fleet): Completion {
  if (arg.name === "tools") return { candidates: fleet.tools, files: false };
  if (tool === SUPERVISOR && arg.name === "tool") return { candidates: fleet.tools, files: false };
  if (tool === SUPERVISOR && arg.name === "level") return words(...Object.keys(LEVELS));
  if (arg.name === "voice") return { candidates: fleet.voicesOf(tool), files: false };
  if (arg.type === "path") return FILES;
  if (isBoolean(arg.type)) return words("true", "false");
  return words(...unionMembers(typeWord(arg.type)).flatMap(literalOf));
}

/** What a flag of cpipe's own may be, by what its value is called in the help: `text|json|FILE`, `[DIR]`, `[=TOOL]`, `bash|zsh|fish`. */
export function valuesNamed(value: string, fleet: Fleet): Completion {
  return both(
    ...value
      .replaceAll(/[[\]=]/g, "")
      .split(/[| ]/)
      .map((member) => {
        if (member === "FILE" || member === "DIR") return FILES;
        if (member === "TOOL") return { candidates: fleet.tools, files: false };
        return /^[a-z]+$/.test(member) ? words(member) : NOTHING;
      }),
  );
}

function literalOf(member: string): string[] {
  if (!member.startsWith('"')) return /^-?\d+(\.\d+)?$/.test(member) ? [member] : [];
  try {
    return [String(JSON.parse(member))];
  } catch {
    return []; // another program's own way of saying its types
  }
}
