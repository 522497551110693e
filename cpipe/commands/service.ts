import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { launchAgent, systemdUnit } from "../../pipes/client/unit.ts";
import { packageRoot } from "../../pipes/protocol/package.ts";
import { places } from "../../pipes/protocol/places.ts";

/** The service file of this installation: a systemd unit, or on macOS a launch agent. */
export function serviceFile(platform: NodeJS.Platform = process.platform): string {
  const root = packageRoot();
  const installation = {
    node: process.execPath,
    daemon: join(root, "dist/daemon/main.js"),
    path: lastingPath(process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"),
    readme: pathToFileURL(join(root, "README.md")).href,
    logs: places().logs,
  };
  return platform === "darwin"
    ? launchAgent(readFileSync(join(root, "launchd/io.github.pipe-tools.plist"), "utf8"), installation)
    : systemdUnit(readFileSync(join(root, "systemd/pipe-tools.service"), "utf8"), installation);
}

/** Without the folders that npm and npx put in front for one command. */
function lastingPath(path: string): string {
  return path.split(":").filter((folder) => !/node_modules|\/_npx\//.test(folder)).join(":");
}
