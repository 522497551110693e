import { type TObject, type TProperties, Type } from "typebox";
import type { CommandDeclaration } from "../protocol/interfaces/define.ts";
import type { Call } from "./call.ts";

/** What a handler may give back: a value, a promise of one, or an async iterable whose items are the parts of a stream. */
export type Answer = unknown;
// Handlers take whatever their own declaration says; the check happens against that declaration before they run.
// oxlint-disable-next-line typescript/no-explicit-any
export type HandlerFunction = (args: any, call: Call) => Answer;

/** What may be said about a command beside its function. `args` are the properties of its arguments, as TypeBox schemas. */
export interface HandlerOptions {
  description?: string;
  args?: TProperties | TObject;
  /** The event that answers it; `reply` unless said otherwise. */
  reply?: string;
  streams?: boolean;
  idempotent?: boolean;
  /** It changes nothing, and ends: a language model that is given the tool may run it. */
  readOnly?: boolean;
  /** Sound comes with its answer, or goes with the request; see CommandDeclaration. */
  audio?: "reply" | "request";
  /** The argument that plain text becomes. */
  text?: string;
}

export interface Handler {
  readonly cmd: string;
  readonly run: HandlerFunction;
  readonly declaration: CommandDeclaration;
  /** Whether `args` were declared; what is not declared is not checked. */
  readonly declared: boolean;
}

/** Anything that takes handlers: a ToolServer. */
interface TakesHandlers {
  handler(cmd: string, options: HandlerOptions, run: HandlerFunction): unknown;
}

/**
 * Marks a method of a ToolServer as the handler of a command.
 *
 *     class Greeter extends ToolServer {
 *       @handler("greet", { args: { name: Type.String() } })
 *       greet({ name }: { name: string }) { return `Hello, ${name}!`; }
 *     }
 */
export function handler(cmd: string, options: HandlerOptions = {}) {
  return function register<This extends TakesHandlers, Method extends HandlerFunction>(method: Method, context: ClassMethodDecoratorContext<This, Method>): void {
    context.addInitializer(function (this: This) {
      this.handler(cmd, options, method.bind(this));
    });
  };
}

export function makeHandler(cmd: string, options: HandlerOptions, run: HandlerFunction): Handler {
  return { cmd, run, declared: options.args !== undefined, declaration: declare(options, run) };
}

/** The declaration that a handler's options and its function amount to. */
function declare(options: HandlerOptions, run: HandlerFunction): CommandDeclaration {
  const args = options.args === undefined ? Type.Object({}) : isObjectSchema(options.args) ? options.args : Type.Object(options.args);
  const streams = options.streams ?? /Generator/.test(run.constructor.name);
  return {
    description: options.description ?? "",
    args,
    reply: options.reply ?? "reply",
    ...(streams ? { streams } : {}),
    ...(options.idempotent === undefined ? {} : { idempotent: options.idempotent }),
    ...(options.readOnly === undefined ? {} : { readOnly: options.readOnly }),
    ...(options.audio === undefined ? {} : { audio: options.audio }),
    ...(options.text === undefined ? {} : { text: options.text }),
  };
}

function isObjectSchema(args: TProperties | TObject): args is TObject {
  return (args as { type?: unknown }).type === "object" && "properties" in args;
}
