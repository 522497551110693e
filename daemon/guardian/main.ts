import { places as placesOf } from "../../pipes/protocol/places.ts";
import { clearAfter } from "../inheritance/clearance.ts";
import { openDaemonLog } from "../logs/logger.ts";
import { inWords } from "../worker/restart.ts";

// Run by a guardian: `main.js PID STARTED PIPES MS`. Ends what the daemon PID has left, when none has come back within MS.
const [pid = "", started = "", pipes = "", ms = ""] = process.argv.slice(2);
process.umask(0o077);
const places = placesOf();
const cleared = await clearAfter(places, { pid: Number(pid), started, pipes });
if (cleared !== null) {
  const { log, close } = openDaemonLog(places.logs);
  log.warn({ ...cleared, before: Number(pid), reason: `no daemon has come back within ${inWords(Number(ms))}` }, "ended the workers of a daemon that was killed");
  close();
}
process.exit();
