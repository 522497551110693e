import { createInterface } from "node:readline";
import { open, type Way } from "./ways.ts";

// One of many clients: connects, says "ready", and, for each line of standard input, a number of milliseconds, asks for
// pongs one at a time for that long and says how many it got. Arguments: the way, the folder.
const [way, folder = ""] = process.argv.slice(2);
const asker = await open[way as Way](folder);
for (let n = 0; n < 200; n++) await asker.ping();
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  let count = 0;
  for (const end = performance.now() + Number(line); performance.now() < end; count++) await asker.ping();
  process.stdout.write(`${count}\n`);
}
await asker.close();
