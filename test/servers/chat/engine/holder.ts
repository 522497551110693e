/** Loads the model given, asks it something long, and says on standard output which process is at work, and when. */
import { startEngine, user } from "../fixtures.ts";

const [path, content] = process.argv.slice(2);
const engine = startEngine(path!, { parallel: 1 });
process.stdout.write(`loading ${engine.pid}\n`);
await engine.load();
const reply = engine.generate({ messages: [user(content!)] });
process.stdout.write(`working ${engine.pid}\n`);
await reply;
