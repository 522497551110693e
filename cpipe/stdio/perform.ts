import { askInterfaces } from "../../pipes/client/interfaces.ts";
import { DEFAULT_TIMEOUT_MS } from "../../pipes/client/pending.ts";
import { readRegistry } from "../../pipes/client/registry.ts";
import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import { isFinal, type ToolEvent } from "../../pipes/protocol/messages.ts";
import { takeStock } from "../commands/list.ts";
import { composeArguments, needsInterface } from "../compose.ts";
import { noOptions, type Options } from "../flags.ts";
import { commandIn, PLAIN_COMMANDS } from "../interfaces.ts";
import { CALL, GENERAL_HINT, usage } from "../options.ts";
import { patienceWith, presenterFor } from "../present.ts";
import { rendererFor } from "../render.ts";
import { styleFor } from "../style.ts";
import { findTarget, type Target, withSuggestion } from "../target.ts";
import { sortWords } from "../words.ts";
import type { Clients } from "./clients.ts";
import type { CallRequest, StdioRequest } from "./request.ts";

/** An event of the request; the last one is `final`. */
export type Tell = (event: ToolEvent, final: boolean) => void;

/** Longest wait for a tool that tells of its own commands, in ms. */
const DESCRIBE_MS = 5000;

/** Does what one line asks for. @throws ToolError the end of a request that fails */
export async function perform(request: Exclude<StdioRequest, { kind: "cancel" }>, clients: Clients, signal: AbortSignal, tell: Tell): Promise<void> {
  if (request.kind === "list") return tell({ event: "listing", ...listing() }, true);
  try {
    if (request.kind === "call") return await call(request, clients, signal, tell);
    const { interfaces } = await describe(request.tool, clients, signal);
    tell({ event: "described", tool: request.tool, interfaces }, true);
  } catch (thrown) {
    throw withSuggestion(withOwnHelp(ToolError.from(thrown), request), request.tool);
  }
}

/** A mistake in the words points to the command's own help. */
function withOwnHelp(error: ToolError, request: StdioRequest): ToolError {
  if (request.kind !== "call" || error.code !== "usage" || error.facts["hint"] !== GENERAL_HINT) return error;
  return new ToolError("usage", { ...error.facts, hint: `See: cpipe ${request.tool} ${request.cmd} --help` }, { cause: error });
}

/** As `cpipe --list --json`, with the commands of each tool. */
function listing(): object {
  const registry = readRegistry();
  const { tools, ...stock } = takeStock(null, false, registry);
  return { ...stock, tools: tools.map((tool) => ({ ...tool, interfaces: (tool.supervised ? registry?.tools[tool.name]?.interfaces : undefined) ?? [] })) };
}

/** Nobody is started, and no model loaded, for a question about it. */
async function describe(tool: string, clients: Clients, signal: AbortSignal): Promise<{ interfaces: readonly InterfaceShape[] }> {
  const known = findTarget(tool).entry;
  if (known !== null && (known.interfaces.length > 0 || known.phase === "resting")) return known;
  const { client } = await clients.to(tool, signal);
  return { interfaces: await askInterfaces(client, { timeout: DESCRIBE_MS, signal }) };
}

async function call(request: CallRequest, clients: Clients, signal: AbortSignal, tell: Tell): Promise<void> {
  const { cmd } = request;
  if (/^(un)?subscribe$/i.test(cmd)) throw usage(`cpipe opens and closes its sessions itself; ${cmd} is not for requests`);
  const { target, client } = await clients.to(request.tool, signal);
  const { args, timeout } = await composed(request, target, client, signal);
  const command = commandIn(target.entry?.interfaces ?? [], cmd);
  const options = {
    signal,
    timeout: request.timeout ?? timeout ?? patienceWith(target.name, cmd) ?? DEFAULT_TIMEOUT_MS,
    idempotent: command?.idempotent ?? PLAIN_COMMANDS.has(cmd.toLowerCase()),
    onInterim: (event: ToolEvent) => tell(event, false),
  };
  const renderer = request.print ? rendererFor("text", false, presenterFor(target.name, false, styleFor(false))) : null;
  for await (const event of client.stream(cmd, args, options)) {
    const final = isFinal(event);
    const printed = final ? renderer?.final(event) : renderer?.part(event);
    tell(printed === undefined ? event : { ...event, printed }, final);
  }
}

/** The arguments, those that were given as words of the command line read by the tool's interface. */
async function composed({ cmd, args, words, cwd }: CallRequest, target: Target, client: ToolClient, signal: AbortSignal): Promise<{ args: Record<string, unknown>; timeout: number | null }> {
  if (words.length === 0) return { args, timeout: null };
  const loose = sortWords(words, null, noOptions(), CALL);
  let known = target.entry?.interfaces ?? [];
  if (commandIn(known, cmd) === null && needsInterface(loose, "other")) known = await askInterfaces(client, { timeout: DEFAULT_TIMEOUT_MS, signal });
  const fields = commandIn(known, cmd)?.args ?? [];
  const sorted = fields.length === 0 ? loose : sortWords(words, fields, noOptions());
  checkOptions(sorted.options, sorted.data);
  if (cwd !== null) enter(cwd);
  const source = { kind: "other", optional: true, timeout: 0, signal, note: () => undefined } as const;
  return { args: { ...args, ...(await composeArguments(cmd, sorted, fields.length === 0 ? null : fields, source)) }, timeout: sorted.options.timeout };
}

/** What goes for a process and its streams does not go for one request of many. */
function checkOptions(options: Options, data: string | null): void {
  const { output, file, speak, noWait, noSubscribe, verbose } = options;
  if ((data ?? options.data) === "-") throw usage("standard input carries the requests here, so it cannot be an argument");
  if (output !== "text" || file !== null || speak !== null || noWait || noSubscribe || verbose) throw usage("-o, -n, -v, --speak and --no-subscribe are not for a request over --stdio");
}

/** Relative paths are those of the editor, which may have gone elsewhere since it started us. */
function enter(cwd: string): void {
  try {
    process.chdir(cwd);
  } catch (error) {
    throw new ToolError("file-failed", { path: cwd, reason: (error as Error).message }, { cause: error });
  }
}
