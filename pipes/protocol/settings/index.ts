import type { TObject } from "typebox";
import type { Applies } from "../applies.ts";
import { ChatSettings } from "./chat.ts";
import { EchoSettings } from "./echo.ts";
import { SttSettings } from "./stt.ts";
import { TtsSettings } from "./tts.ts";
import { VectorSettings } from "./vector.ts";

/** The servers that `server:` in tools.yaml may name, with the shape of their settings. */
export const builtIns = { chat: ChatSettings, echo: EchoSettings, stt: SttSettings, tts: TtsSettings, vector: VectorSettings } as const satisfies Record<string, TObject>;
export type BuiltIn = keyof typeof builtIns;

/**
 * How a change of one setting reaches a running tool: by `applies` in its schema, which is `recreate` unless it says otherwise. What a
 * program of the user's own takes while it runs only that knows: it is asked, and replaced when it refuses.
 */
export function appliesOf(server: string | undefined, key: string): Applies {
  if (server === undefined) return "live";
  const schema = isBuiltIn(server) ? (builtIns[server].properties as Readonly<Record<string, { readonly applies?: Applies }>>)[key] : undefined;
  return schema?.applies ?? "recreate";
}

export function isBuiltIn(name: unknown): name is BuiltIn {
  return typeof name === "string" && Object.hasOwn(builtIns, name);
}
