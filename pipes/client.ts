export { ToolError, type ErrorCode } from "./protocol/errors.ts";
export type { RequestId, ToolEvent } from "./protocol/messages.ts";
export { type ConnectOptions, ToolClient } from "./client/tool-client.ts";
export type { AudioFormat } from "./protocol/audio.ts";
export type { AudioReply } from "./client/audio/audio-reply.ts";
export type { AudioRequest } from "./client/audio/audio-request.ts";
export type { CallOptions } from "./client/pending.ts";
export { readRegistry } from "./client/registry.ts";
export type { Registry, RegistryEntry } from "./protocol/registry.ts";
