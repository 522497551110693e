import type { TObject } from "typebox";
import { ChatSettings } from "./chat.ts";
import { EchoSettings } from "./echo.ts";

/** The servers that `server:` in tools.yaml may name, with the shape of their settings. */
export const builtIns = { chat: ChatSettings, echo: EchoSettings } as const satisfies Record<string, TObject>;
export type BuiltIn = keyof typeof builtIns;

export function isBuiltIn(name: unknown): name is BuiltIn {
  return typeof name === "string" && Object.hasOwn(builtIns, name);
}
