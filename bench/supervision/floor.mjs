// The floor: all that a supervisor in Node can leave out is left out. Argument: a file with a JSON list of command lines.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

for (const [program, ...args] of JSON.parse(readFileSync(process.argv[2], "utf8"))) start(program, args);

function start(program, args) {
  spawn(program, args, { stdio: "ignore" }).once("exit", () => start(program, args));
}
