import { handler, runServer, ToolServer, Type } from "pipe-tools/server";

// A tool with two commands. Start it:  cpipe --serve ./examples/greeter.ts    (or: npx tsx examples/greeter.ts)
// Then:                                cpipe greeter greet World              and: cpipe greeter countdown 3
class Greeter extends ToolServer {
  @handler("greet", { description: "Say hello", args: { name: Type.String({ description: "to whom" }) }, text: "name" })
  greet({ name }: { name: string }) {
    return `Hello, ${name}!`;
  }

  @handler("countdown", { description: "Count down to zero", args: { from: Type.Integer({ minimum: 1 }) }, text: "from" })
  async *countdown({ from }: { from: number }) {
    for (let number = from; number > 0; number--) yield `${number} `;
  }
}

await runServer(new Greeter({ name: "greeter", description: "says hello" }));
