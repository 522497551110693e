import { Type, type Static } from "typebox";

/** `A` of wire-protocol §4: an argument of a command, or a field of an event. */
export const FieldShape = Type.Object({
  name: Type.String(),
  description: Type.String(),
  type: Type.String(),
  required: Type.Boolean(),
  default: Type.Unknown(),
});

const Member = { name: Type.String(), description: Type.String() };

/** `schema` is the JSON Schema of the arguments, which `args` tells in words; upstream's servers, and the registry, have none. */
export const CommandShape = Type.Object({
  ...Member,
  args: Type.Array(FieldShape),
  idempotent: Type.Optional(Type.Boolean()),
  readOnly: Type.Optional(Type.Boolean()),
  streams: Type.Optional(Type.Boolean()),
  audio: Type.Optional(Type.Union([Type.Literal("reply"), Type.Literal("request")])),
  schema: Type.Optional(Type.Object({}, { additionalProperties: true })),
});

/** The reply to `get_interface`; what flags, help, completions and a model's functions are made from. */
export const InterfaceShape = Type.Object({
  ...Member,
  commands: Type.Array(CommandShape),
  events: Type.Array(Type.Object({ ...Member, fields: Type.Array(FieldShape) })),
});
export type FieldShape = Static<typeof FieldShape>;
export type CommandShape = Static<typeof CommandShape>;
export type InterfaceShape = Static<typeof InterfaceShape>;
