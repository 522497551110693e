import { Console } from "node:console";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { MAX_LINE_BYTES } from "../../pipes/protocol/messages.ts";
import { say } from "../output.ts";
import { makeBridge } from "./bridge.ts";

/** How long the tools are given to take the last words of a session, in ms. */
const CLOSING_MS = 1000;
/** So long a client that sends no more may still wait for what it has asked, in ms. */
const LAST_ANSWERS_MS = 300;

/** `cpipe --mcp`: an MCP server on standard input and output, until its client ends one of them or `signal` aborts. `only` names what of all there is to be had. */
export async function serveMcp(only: readonly string[], signal: AbortSignal): Promise<void> {
  // Standard output is the protocol's alone.
  globalThis.console = new Console(process.stderr, process.stderr);
  const { server, idle, close } = makeBridge(only, say);
  const ended = new Promise<void>((resolve) => {
    const end = (): void => resolve();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    process.stdin.once("end", () => void within(LAST_ANSWERS_MS, idle()).then(end)).on("error", end);
    process.stdout.on("error", end); // its reader has gone
    Object.assign(server, { onclose: end, onerror: (error: Error) => say(error.message) });
  });
  await server.connect(new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: MAX_LINE_BYTES }));
  await ended;
  await within(CLOSING_MS, Promise.all([close(), server.close()]));
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
