import { type TObject, type TSchema, Type } from "typebox";
import { builtIns } from "../../pipes/protocol/settings/index.ts";
import type { Applies } from "../../pipes/protocol/applies.ts";
import { CommandEntry, fileKeys, ModuleEntry, serverEntry } from "../../pipes/protocol/spec.ts";

/** A JSON Schema as ajv and editors see it. */
export type Schema = TSchema & {
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly unit?: "duration" | "size" | undefined;
  readonly least?: number | undefined;
  readonly expects?: string | undefined;
  readonly applies?: Applies | undefined;
  /** Its values are paths, but for those that match this. */
  readonly file?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly patternProperties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly pattern?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly minItems?: number | undefined;
};

/** Every shape an entry may have: `server:NAME` for each built-in, `module`, `command`. */
export type EntryKind = `server:${keyof typeof builtIns}` | "module" | "command";

export const fileSchema: TObject = Type.Object({ ...fileKeys, tools: Type.Unknown() }, { additionalProperties: false });

export function entrySchema(kind: EntryKind): TObject {
  if (kind === "module") return ModuleEntry;
  if (kind === "command") return CommandEntry;
  const name = kind.slice("server:".length) as keyof typeof builtIns;
  return serverEntry(name, builtIns[name]);
}
