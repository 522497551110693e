import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { program } from "../program.ts";

/** What an agent has: the official client, and a `cpipe --mcp` of its own that it has started. */
export interface Session {
  readonly client: Client;
  readonly pid: number;
  /** What the bridge said on standard error. */
  stderr(): string;
  list(): Promise<Tool[]>;
  call(name: string, args?: Record<string, unknown>, options?: Parameters<Client["callTool"]>[2]): Promise<CallToolResult>;
  /** The list once it `holds`; asked for anew at each `list_changed`, and at nothing else. */
  listed(holds: (tools: readonly Tool[]) => boolean): Promise<Tool[]>;
  /** How often the list was said to have changed. */
  changes(): number;
  close(): Promise<void>;
}

export async function openSession(env: NodeJS.ProcessEnv, cwd: string, [command = "", ...args]: readonly string[] = [process.execPath, program, "--mcp"]): Promise<Session> {
  const given = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const transport = new StdioClientTransport({ command, args, env: given, cwd, stderr: "pipe" });
  let stderr = "";
  transport.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const client = new Client({ name: "test", version: "1" });
  let changes = 0;
  const looks = new Set<() => void>();
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    changes++;
    for (const look of looks) look();
  });
  await client.connect(transport);
  const list = async (): Promise<Tool[]> => (await client.listTools()).tools;
  return {
    client,
    pid: transport.pid ?? -1,
    stderr: () => stderr,
    list,
    call: async (name, args = {}, options = {}) => (await client.callTool({ name, arguments: args }, undefined, options)) as CallToolResult,
    listed: (holds) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          list().then((tools) => {
            if (!holds(tools)) return;
            looks.delete(look);
            resolve(tools);
          }, reject);
        };
        looks.add(look);
        look();
      }),
    changes: () => changes,
    close: () => client.close(),
  };
}

/** The text of a result. */
export function textOf({ content }: CallToolResult): string {
  return content.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");
}

/** What a result has beside its text. */
export function dataOf({ structuredContent }: CallToolResult): Record<string, unknown> {
  return structuredContent ?? {};
}

export function names(tools: readonly Tool[]): string[] {
  return tools.map(({ name }) => name);
}
