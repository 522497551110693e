import { type Static, Type } from "typebox";

/** `settings:` of a `server: echo` in tools.yaml: it needs none. */
export const EchoSettings = Type.Object({}, { additionalProperties: false, description: "settings of an echo server" });
export type EchoSettings = Static<typeof EchoSettings>;
