import { type Static, type TObject, type TSchema, Type } from "typebox";
import type { CommandShape, FieldShape, InterfaceShape } from "./shape.ts";

/** One command of an interface. `args` is the JSON Schema of its arguments, envelope (`pid`, `cmd`, `req_id`) excluded. */
export interface CommandDeclaration<Args extends TObject = TObject> {
  readonly description: string;
  readonly args: Args;
  /** The event that answers it. Its fields are declared under `events`. */
  readonly reply: string;
  /** The reply comes in parts, each with `done: false`, and ends with one `done: true`. */
  readonly streams?: boolean;
  /** Running it twice is the same as running it once, so a client may send it again after a crash. */
  readonly idempotent?: boolean;
  /** It changes nothing, and ends: a language model that is given the tool may run it without the command having been named by a person. */
  readonly readOnly?: boolean;
  /**
   * Sound comes with its answer (`reply`), or goes with the request that says its format in `audio` (`request`); see docs/protocol.md. Where
   * a command has an argument `play`, the sound comes only when that is false.
   */
  readonly audio?: "reply" | "request";
  /** The argument that plain text on the command line, or on stdin, becomes. */
  readonly text?: string;
}

export interface EventDeclaration {
  readonly description: string;
  readonly fields: TObject;
}

/** An interface: the one declaration that types, validation, help, flags, docs and completions are derived from. */
export interface Interface {
  readonly name: string;
  readonly description: string;
  readonly states?: readonly string[];
  readonly commands: Readonly<Record<string, CommandDeclaration>>;
  readonly events: Readonly<Record<string, EventDeclaration>>;
}

/** The arguments of command `C` of interface `I`, as a handler receives them. */
export type Args<I extends Interface, C extends keyof I["commands"]> = Static<I["commands"][C]["args"]>;

export function defineInterface<const I extends Interface>(declaration: I): I {
  return declaration;
}

export const noFields: TObject = Type.Object({});

/** The interface as `get_interface` answers it. */
export function shapeOf(declared: Interface): InterfaceShape {
  return {
    name: declared.name,
    description: declared.description,
    commands: Object.entries(declared.commands).map(([name, command]) => ({
      name,
      description: command.description,
      args: fieldsOf(command.args, command.text),
      ...(command.idempotent === undefined ? {} : { idempotent: command.idempotent }),
      ...(command.readOnly === undefined ? {} : { readOnly: command.readOnly }),
      ...(command.streams === undefined ? {} : { streams: command.streams }),
      ...(command.audio === undefined ? {} : { audio: command.audio }),
      schema: command.args,
    })),
    events: Object.entries(declared.events).map(([name, event]) => ({ name, description: event.description, fields: fieldsOf(event.fields) })),
  };
}

/** The same without the schemas: in words. */
export function inWords({ commands, ...shape }: InterfaceShape): InterfaceShape {
  return { ...shape, commands: commands.map(withoutSchema) };
}

function withoutSchema(command: CommandShape): CommandShape {
  const { schema: _, ...words } = command;
  return words;
}

/** The `text` argument comes first: it is what a bare word on the command line means. */
function fieldsOf(object: TObject, text?: string): FieldShape[] {
  const required = new Set<string>(object.required as string[] | undefined);
  const fields = Object.entries(object.properties as Record<string, TSchema>).map(([name, schema]) => ({
    name,
    description: (schema as { description?: string }).description ?? "",
    type: typeName(schema),
    required: required.has(name),
    default: (schema as { default?: unknown }).default ?? null,
  }));
  return text === undefined ? fields : fields.sort((a, b) => Number(b.name === text) - Number(a.name === text));
}

/** A schema's type in a word or two: `string`, `path`, `integer`, `string[]`, `a | b`, `object[]`. */
export function typeName(schema: TSchema): string {
  const s = schema as { type?: string; items?: TSchema; anyOf?: TSchema[]; enum?: unknown[]; const?: unknown; means?: string };
  if (s.means !== undefined) return s.means;
  if (s.const !== undefined) return JSON.stringify(s.const);
  if (s.enum !== undefined) return s.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (s.anyOf !== undefined) return s.anyOf.map(typeName).join(" | ");
  if (s.type === "array") return `${s.items === undefined ? "any" : typeName(s.items)}[]`;
  return s.type ?? "any";
}
