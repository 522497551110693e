import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import { type CallToolRequest, CallToolRequestSchema, type CallToolResult, ErrorCode, ListToolsRequestSchema, McpError, type ServerNotification, type ServerRequest, type Tool } from "@modelcontextprotocol/sdk/types.js";
import { askInterfaces } from "../../pipes/client/interfaces.ts";
import { packageVersion } from "../../pipes/protocol/package.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import { LiveFleet } from "./fleet.ts";
import { Lines } from "./lines.ts";
import { type KnownTool, type Offer, offersOf, toolOf } from "./offer.ts";
import { perform } from "./perform.ts";
import { Progress } from "./progress.ts";

const INSTRUCTIONS = `The tools that pipe-tools keeps running on this machine, shared by all programs: nothing is started or loaded for this session.
Names are TOOL_COMMAND. supervisor_list tells how each tool is; a tool that rests is started by its first call, which then takes longer.
Relative paths count from the folder of this session.`;

/** How long a tool may take to tell its interfaces, in ms. */
const INTERFACES_MS = 5000;

export interface Bridge {
  readonly server: Server;
  /** Resolves when no request is under way. */
  readonly idle: () => Promise<void>;
  /** Cancels what is under way, and lets go of everything. */
  readonly close: () => Promise<void>;
}

/** An MCP server whose tools are the commands of the tools that there are, or of those that `only` names. `log` is for people. */
export function makeBridge(only: readonly string[], log: (text: string) => void): Bridge {
  const lines = new Lines();
  const closing = new AbortController();
  const fleet = new LiveFleet({ log, ask: (tool, signal) => lines.with(tool, signal, (client) => askInterfaces(client, { timeout: INTERFACES_MS, signal })) });
  const server = new Server({ name: "pipe-tools", version: packageVersion() }, { capabilities: { tools: { listChanged: true } }, instructions: INSTRUCTIONS });
  let offers = new Map<string, Offer>();
  /** What the client has, or was told to ask for. */
  let told = "";

  const list = async (): Promise<Tool[]> => {
    const tools = await fleet.tools();
    offers = offersOf(tools, only);
    return definitionsOf(offers, tools);
  };
  const isNews = (listed: readonly Tool[]): boolean => {
    const before = told;
    told = JSON.stringify(listed);
    return told !== before;
  };
  const under = new Set<Promise<unknown>>();
  const counted = <T>(work: Promise<T>): Promise<T> => {
    const ended: Promise<T> = work.finally(() => under.delete(ended));
    under.add(ended);
    return ended;
  };
  server.setRequestHandler(ListToolsRequestSchema, () =>
    counted(
      list().then((tools) => {
        isNews(tools);
        return { tools };
      }),
    ),
  );
  const call = async ({ params }: CallToolRequest, { signal, sendNotification }: Pick<RequestHandlerExtra<ServerRequest, ServerNotification>, "signal" | "sendNotification">): Promise<CallToolResult> => {
    const { name, arguments: args = {}, _meta } = params;
    if (!offers.has(name)) await list();
    const offer = offers.get(name);
    if (offer === undefined) throw unknownTool(name, offers.keys());
    const token = _meta?.progressToken;
    const progress = new Progress(async (number, message) => {
      if (token !== undefined) await sendNotification({ method: "notifications/progress", params: { progressToken: token, progress: number, message } });
    });
    const result = await perform(lines, offer, args, AbortSignal.any([signal, closing.signal]), (text) => progress.tell(text));
    await progress.told();
    return result;
  };
  server.setRequestHandler(CallToolRequestSchema, (request, extra) => counted(call(request, extra)));
  fleet.on("changed", () => {
    if (told === "" || closing.signal.aborted) return; // nobody has asked yet
    list().then((listed) => (isNews(listed) ? server.sendToolListChanged() : undefined)).catch((error: unknown) => log(`a change of the tools could not be told: ${(error as Error).message}`));
  });
  return {
    server,
    idle: async () => void (await Promise.allSettled(under)),
    close: async () => {
      closing.abort();
      fleet.close();
      await lines.close();
    },
  };
}

function definitionsOf(offers: ReadonlyMap<string, Offer>, tools: readonly KnownTool[]): Tool[] {
  const about = new Map(tools.map(({ name, description }) => [name, description]));
  return [...offers].map(([name, offer]) => toolOf(name, offer, about.get(offer.tool) ?? ""));
}

function unknownTool(name: string, known: Iterable<string>): McpError {
  const near = suggest(name, known);
  return new McpError(ErrorCode.InvalidParams, `there is no tool '${name}'${near === null ? "; tools/list has those that there are" : `. Did you mean '${near}'?`}`);
}
