import { once } from "node:events";
import { open, type Way } from "./ways.ts";

// One of many clients: connects, says "ready", and after a line on its standard input asks for pongs, one at a time, for
// some milliseconds; then says how many it got. Arguments: the way, the folder, the milliseconds.
const [way, folder = "", time] = process.argv.slice(2);
const asker = await open[way as Way](folder);
for (let n = 0; n < 200; n++) await asker.ping();
process.stdout.write("ready\n");
await once(process.stdin, "data");
process.stdin.destroy();
let count = 0;
for (const end = performance.now() + Number(time); performance.now() < end; count++) await asker.ping();
process.stdout.write(`${count}\n`);
await asker.close();
