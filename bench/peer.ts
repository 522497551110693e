import { constants, openSync, renameSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, Socket } from "node:net";
import { createLines } from "./ways.ts";

// The other side of each way that is not ours. Arguments: the way, the folder. Says "ready" and serves until it is killed.
const [way, folder = ""] = process.argv.slice(2);
const answer = (request: string): string => {
  const { req_id } = JSON.parse(request) as { req_id: number };
  return JSON.stringify({ event: "pong", req_id });
};
const ready = (): void => void process.stdout.write("ready\n");

if (way === "socket") {
  createServer((socket) => createLines(socket.on("error", () => socket.destroy()), (line) => socket.write(`${answer(line)}\n`))).listen(`${folder}/socket`, ready);
} else if (way === "http") {
  const server = createHttpServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      const body = answer(text);
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
    });
  });
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1", () => {
    writeFileSync(`${folder}/port.new`, String((server.address() as AddressInfo).port));
    renameSync(`${folder}/port.new`, `${folder}/port`);
    ready();
  });
} else {
  const both = constants.O_RDWR | constants.O_NONBLOCK;
  const down = new Socket({ fd: openSync(`${folder}/raw-down`, both), readable: false, writable: true });
  new Socket({ fd: openSync(`${folder}/raw-up`, both), readable: true, writable: false }).on("data", () => down.write("x"));
  ready();
}
