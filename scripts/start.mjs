// `npm start`: set up what is stale, then become the daemon in the foreground.
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

await setUp();
process.argv = [process.argv[0], join(root, "dist/daemon/main.js"), "--foreground", ...process.argv.slice(2)];
await import("../dist/daemon/main.js");
