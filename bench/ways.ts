import { once } from "node:events";
import { Agent, request } from "node:http";
import { constants, openSync, readFileSync } from "node:fs";
import { connect, Socket } from "node:net";
import { ToolClient } from "pipe-tools/client";

/** The ways to ask another process for a pong, each with the same JSON work on both sides: {cmd, req_id} there, {event, req_id} back. */
export const WAYS = ["fifo", "socket", "http", "raw"] as const;
export type Way = (typeof WAYS)[number];

export const TITLES: Readonly<Record<Way, string>> = {
  fifo: "our FIFO (ToolClient, ToolServer)",
  socket: "Unix socket (node:net, JSON lines)",
  http: "HTTP keep-alive (node:http, JSON)",
  raw: "two bare FIFOs (the floor)",
};

export interface Asker {
  ping(): Promise<unknown>;
  close(): Promise<void> | void;
}

/** Connects one way; `folder` is where the peers listen. */
export const open: Readonly<Record<Way, (folder: string) => Promise<Asker>>> = {
  async fifo(folder) {
    const client = await ToolClient.connect("echo", { folder });
    return { ping: () => client.call("ping"), close: () => client.close() };
  },

  async socket(folder) {
    const socket = connect(`${folder}/socket`);
    await once(socket, "connect");
    return { ping: overLines(socket, socket), close: () => void socket.destroy() };
  },

  async http(folder) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const port = Number(readFileSync(`${folder}/port`, "utf8"));
    let id = 0;
    const ping = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const body = JSON.stringify({ cmd: "ping", req_id: ++id });
        const asked = request({ agent, port, method: "POST", headers: { "content-type": "application/json", "content-length": body.length } }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => (text += part)).on("end", () => resolve(JSON.parse(text)));
        });
        asked.on("error", reject).end(body);
      });
    return { ping, close: () => agent.destroy() };
  },

  async raw(folder) {
    const down = new Socket({ fd: openSync(`${folder}/raw-down`, constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false });
    const up = new Socket({ fd: openSync(`${folder}/raw-up`, constants.O_RDWR | constants.O_NONBLOCK), readable: false, writable: true });
    let answered: () => void = () => undefined;
    down.on("data", () => answered());
    const ping = (): Promise<void> =>
      new Promise((resolve) => {
        answered = resolve;
        up.write("x");
      });
    return { ping, close: () => (down.destroy(), void up.destroy()) };
  },
};

/** One JSON line there, one back, matched by `req_id`. */
function overLines(input: Socket, output: Socket): () => Promise<unknown> {
  const waiting = new Map<number, (answer: unknown) => void>();
  let id = 0;
  createLines(input, (line) => {
    const answer = JSON.parse(line) as { req_id: number };
    waiting.get(answer.req_id)?.(answer);
    waiting.delete(answer.req_id);
  });
  return () =>
    new Promise((resolve) => {
      id += 1;
      waiting.set(id, resolve);
      output.write(`${JSON.stringify({ cmd: "ping", req_id: id })}\n`);
    });
}

/** The usual way to cut a stream into lines; readline would be slower. */
export function createLines(input: Socket, take: (line: string) => void): void {
  let rest = "";
  input.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
}
