import { base } from "../protocol/interfaces/base.ts";
import type { CommandDeclaration, Interface } from "../protocol/interfaces/define.ts";
import type { Handler, HandlerFunction } from "./handler.ts";

/** The handlers of a declared interface: one function a command. */
export type Implementation<I extends Interface> = { [C in keyof I["commands"]]: HandlerFunction };

const RESERVED = new Set(["subscribe", "unsubscribe", "cancel", "ping"]);

/** What a server can be asked: handlers by command, and the interfaces that tell of them. */
export class Commands {
  /** By the command in lower case: commands are matched without regard to it. */
  readonly handlers = new Map<string, Handler>();
  readonly #implemented: Interface[] = [];

  /** @throws TypeError for a command that belongs to every tool */
  add(handler: Handler): void {
    const key = handler.cmd.toLowerCase();
    if (RESERVED.has(key)) throw new TypeError(`'${handler.cmd}' belongs to every tool and cannot have a handler of its own`);
    this.handlers.set(key, handler);
  }

  /** @throws TypeError when a declared command has no function */
  implement<I extends Interface>(declared: I, functions: Implementation<I>): void {
    this.#implemented.push(declared);
    for (const [cmd, declaration] of Object.entries(declared.commands)) {
      const run = functions[cmd];
      if (run === undefined) throw new TypeError(`interface ${declared.name}: there is no handler for '${cmd}'`);
      this.add({ cmd, run, declaration, declared: true });
    }
  }

  /** `base`, what was implemented, and the loose handlers under the tool's own name. */
  interfacesOf(tool: { readonly name: string; readonly description: string }): Interface[] {
    const known = new Set(this.#implemented.flatMap((declared) => Object.keys(declared.commands)));
    const loose = [...this.handlers.values()].filter((handler) => !known.has(handler.cmd));
    const own = { name: tool.name, description: tool.description, commands: declarationsOf(loose), events: {} };
    return [base, ...this.#implemented, ...(loose.length === 0 ? [] : [own])];
  }
}

function declarationsOf(handlers: readonly Handler[]): Record<string, CommandDeclaration> {
  return Object.fromEntries(handlers.map((handler) => [handler.cmd, handler.declaration]));
}
