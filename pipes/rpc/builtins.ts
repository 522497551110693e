import { ToolError } from "../protocol/errors.ts";
import { inWords, type Interface, shapeOf } from "../protocol/interfaces/define.ts";
import { worker } from "../protocol/interfaces/worker.ts";
import { withoutSecrets } from "../protocol/secrets.ts";
import type { FieldShape, InterfaceShape } from "../protocol/interfaces/shape.ts";
import type { Call } from "./call.ts";
import { described } from "./validation.ts";

/** A server's state and why, replaced as a whole: so a change and its return can be told from no change. */
export interface Standing {
  readonly state: string;
  readonly reason: string | null;
}

/** What the built-in commands tell about a server. */
export interface About {
  readonly name: string;
  readonly description: string;
  readonly standing: Standing;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly interfaces: readonly Interface[];
}

export type Builtin = (about: About, args: Record<string, unknown>, call: Call) => void;

const DONE = new WeakMap<Interface, InterfaceShape>();
const shape = (declared: Interface): InterfaceShape => {
  const known = DONE.get(declared) ?? shapeOf(declared);
  DONE.set(declared, known);
  return known;
};

/** The commands that every tool answers and that need nothing but what the server is. Source: wire-protocol §4. */
export const builtins: Readonly<Record<string, Builtin>> = {
  ping: (_, __, call) => call.finish({ event: "pong" }),
  get_state: (about, _, call) => call.finish({ event: "state", state: about.standing.state, ...(about.standing.reason === null ? {} : { reason: about.standing.reason }) }),
  get_description: (about, _, call) => call.finish({ event: "description", description: about.description }),
  get_help: (about, _, call) => call.finish({ event: "help", help: helpOf(about) }),
  get_config: (about, _, call) => call.finish({ ...withoutSecrets(about.settings), event: "config" }),
  list_interfaces: (about, _, call) => call.finish({ event: "interfaces", interfaces: about.interfaces.map((declared) => declared.name) }),
  get_interface: (about, args, call) => {
    if (typeof args["name"] !== "string") throw new ToolError("invalid-request", { path: "$.name", expected: "string", got: described(args["name"]) });
    // Not listed, since only a supervisor has a use for it, and told to whoever asks.
    const declared = [...about.interfaces, worker].find((candidate) => candidate.name === args["name"]);
    if (declared === undefined) throw new ToolError("unknown-interface", { name: args["name"], known: about.interfaces.map((x) => x.name).join(", ") });
    // Upstream's servers tell no schemas, and its cpipe would print them.
    const told = call.session?.ours === true ? shape(declared) : inWords(shape(declared));
    call.finish({ event: "interface", interface: told });
  },
  cancel: (_, __, call) => {
    const targets = [...(call.session?.calls ?? [])].filter((target) => target !== call && (call.reqId === undefined || target.reqId === call.reqId));
    for (const target of targets) target.cancel();
    call.finish({ event: "cancelled", count: targets.length });
  },
};

/** The commands as text, from the same declarations. */
export function helpOf(about: Pick<About, "name" | "description" | "interfaces">): string {
  const commands = about.interfaces.flatMap((declared) => shape(declared).commands);
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.flatMap((command) => [
    `  ${command.name.padEnd(width)}  ${command.description}`,
    ...command.args.map((arg) => `  ${"".padEnd(width)}    ${argLine(arg)}`),
  ]);
  return [`${about.name}: ${about.description}`, "", ...lines].join("\n");
}

function argLine(arg: FieldShape): string {
  return `${arg.name}${arg.required ? "" : "?"} (${arg.type})${arg.description === "" ? "" : `: ${arg.description}`}`;
}
