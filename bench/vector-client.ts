import { createInterface } from "node:readline";
import { ToolClient } from "pipe-tools/client";
import { Clusters, sent } from "./vector/clusters.ts";
import { COLLECTION } from "./vector/server.ts";

// One of many clients: connects, says "ready", and, for each line of standard input, a number of milliseconds, searches one time after
// the other for that long and says as JSON how long each took. Arguments: the folder of the pipes, a number of its own.
const [folder = "", number = "0"] = process.argv.slice(2);
const client = await ToolClient.connect("vector", { folder });
// Where the clusters are is of no matter to how long it takes.
const clusters = new Clusters(1000);
const queries = Array.from({ length: 50 }, (_, i) => sent(clusters.query(Number(number) * 1000 + i)));
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const times: number[] = [];
  for (let now = performance.now(), end = now + Number(line); now < end; ) {
    await client.call("search", { collection: COLLECTION, mode: "vector", vector: queries[times.length % queries.length]! });
    const then = now;
    now = performance.now();
    times.push(now - then);
  }
  process.stdout.write(`${JSON.stringify(times)}\n`);
}
await client.close();
