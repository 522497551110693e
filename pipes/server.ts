export { Type } from "typebox";
export { type Args, defineInterface, type Interface, type CommandDeclaration, type EventDeclaration } from "./protocol/interfaces/define.ts";
export { ToolError, type ErrorCode } from "./protocol/errors.ts";
export type { RequestId, ToolEvent } from "./protocol/messages.ts";
export type { Call } from "./rpc/call.ts";
export { handler, type HandlerFunction, type HandlerOptions } from "./rpc/handler.ts";
export type { Log } from "./rpc/log.ts";
export { PERMANENT_FAILURE, runServer } from "./rpc/run.ts";
export { ToolServer, type Implementation, type ServerOptions } from "./rpc/server.ts";
