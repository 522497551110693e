import { runServer, ToolServer, Type } from "pipe-tools/server";

// The same as greeter.ts, with functions instead of a class.
const server = new ToolServer({ name: "greeter", description: "says hello" });

server.handler("greet", { args: { name: Type.String() }, text: "name" }, ({ name }: { name: string }) => `Hello, ${name}!`);

server.handler("countdown", { args: { from: Type.Integer({ minimum: 1 }) }, text: "from" }, async function* ({ from }: { from: number }) {
  for (let number = from; number > 0; number--) yield `${number} `;
});

await runServer(server);
