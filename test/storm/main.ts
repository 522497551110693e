import { parseArgs } from "node:util";
import { FAULTS } from "./faults.ts";
import { runStorm } from "./storm.ts";

// Faults by chance over a daemon and its tools, for `--seconds`, from `--seed`; scripts/storm.mjs starts it.
const { values } = parseArgs({ options: { seed: { type: "string" }, seconds: { type: "string" }, faults: { type: "string" }, without: { type: "string" }, "may-mount": { type: "boolean" } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
const seconds = Number(values.seconds ?? 60);
const without = values.without?.split(",") ?? [];
const faults = (values.faults?.split(",") ?? Object.keys(FAULTS)).filter((name) => !without.includes(name));
const mayMount = values["may-mount"] === true;
const unknown = [...faults, ...without].filter((name) => !Object.hasOwn(FAULTS, name));
if (unknown.length > 0) throw new Error(`there is no fault ${unknown.join(", ")}; there are ${Object.keys(FAULTS).join(", ")}`);

console.log(`storm: seed ${seed}, ${seconds} s, ${faults.join(" ")}${mayMount ? "" : " (no small disks: that takes root)"}`);
const { violations, report, folder } = await runStorm({ seed, seconds, faults, mayMount });
console.log(report);
for (const violation of violations) console.log(`VIOLATION: ${violation}`);
console.log(violations.length === 0 ? `storm: seed ${seed} passed` : `storm: seed ${seed} failed; what is left is in ${folder}. Again: npm run storm -- --seed ${seed} --seconds ${seconds}`);
process.exit(violations.length === 0 ? 0 : 1);
