import { askInterfaces } from "../../pipes/client/interfaces.ts";
import { DEFAULT_TIMEOUT_MS } from "../../pipes/client/pending.ts";
import { checkReady } from "../../pipes/client/readiness.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import { MAX_DURATION_MS } from "../../pipes/protocol/quantity.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import { askFlags, callFlags, modeFlags, type Options } from "../flags.ts";
import { commandHelp, generalHelp, toolHelp } from "../help.ts";
import { asksModel, commandIn } from "../interfaces.ts";
import { connect, findTarget, type Target } from "../target.ts";

export interface HelpForm {
  readonly json: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** The text for `cpipe --help`, `cpipe TOOL --help`, `cpipe TOOL CMD --help`. @throws ToolError `usage` for a command that is none */
export async function help(tool: string | null, cmd: string | null, options: Options, signal: AbortSignal, { json, width }: HelpForm): Promise<string> {
  const inJson = (value: object): string => `${JSON.stringify(value)}\n`;
  if (tool === null) return json ? inJson({ flags: callFlags, asking: askFlags, modes: modeFlags }) : generalHelp(width);
  const target = findTarget(tool);
  const askTool = (): Promise<About> => ask(target, Math.min(options.timeout ?? DEFAULT_TIMEOUT_MS, MAX_DURATION_MS), signal);
  const known = target.entry !== null && target.entry.interfaces.length > 0 ? target.entry : null;
  if (known === null && target.entry?.phase === "resting") return json ? inJson({ tool: target.name, description: target.entry.description, interfaces: [] }) : asleep(target.entry);
  let about: About = known ?? (await askTool());
  if (cmd === null) return json ? inJson({ tool: target.name, description: about.description, interfaces: about.interfaces }) : toolHelp(target.name, about.description, about.interfaces, width);
  // What every tool answers is not in the registry; it is not worth to wake one for.
  if (known !== null && known.phase !== "resting" && commandIn(about.interfaces, cmd) === null) about = await askTool();
  const command = commandIn(about.interfaces, cmd);
  if (command !== null) return json ? inJson({ tool: target.name, command }) : commandHelp(tool, command, width, asksModel(about.interfaces, cmd));
  const near = suggest(cmd, about.interfaces.flatMap((shape) => shape.commands.map((candidate) => candidate.name)));
  const hint = near === null ? `See: cpipe ${tool} --help` : `Did you mean '${near}'?`;
  throw new ToolError("usage", { reason: `${target.name} tells of no command '${cmd}'`, hint });
}

/** Nobody is started, and no model loaded, for a question about it. */
function asleep({ name, description }: { name: string; description: string }): string {
  return `${name}${description === "" ? "" : `: ${description}`}\n\nIt has not run yet, so its commands are not known. Any request starts it: cpipe ${name} get_help\n`;
}

interface About {
  readonly description: string;
  readonly interfaces: readonly InterfaceShape[];
}

async function ask(target: Target, timeout: number, signal: AbortSignal): Promise<About> {
  checkReady(target);
  const client = await connect(target, { timeout, signal });
  try {
    const [interfaces, answer] = [await askInterfaces(client, { timeout, signal }), await client.call("get_description", {}, { timeout, signal }).catch(() => null)];
    return { interfaces, description: typeof answer?.["description"] === "string" ? answer["description"] : "" };
  } finally {
    await client.close();
  }
}
