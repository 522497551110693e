// `npm run storm -- [--seed N] [--seconds N] [--faults a,b | --without a,b]`: faults by chance over a daemon and its tools, while
// checked clients call. As root, in a mount namespace of its own, in which small disks can be filled.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

await setUp();
const mayMount = spawnSync("unshare", ["-m", "--propagation", "private", "true"]).status === 0;
const storm = [process.execPath, "--import", "tsx", join(root, "test/storm/main.ts"), ...process.argv.slice(2)];
const [program, ...args] = mayMount ? ["unshare", "-m", "--propagation", "private", ...storm, "--may-mount"] : storm;
process.exit(spawnSync(program, args, { cwd: root, stdio: "inherit" }).status ?? 1);
