import { join } from "node:path";
import { initConfig } from "../../pipes/client/init.ts";
import { packageRoot } from "../../pipes/protocol/package.ts";
import { places } from "../../pipes/protocol/places.ts";

/** The file that is edited in place of `path`: never the packaged one, which the next version replaces. @throws ToolError `file-failed` */
export function editable(path: string): string {
  return path === join(packageRoot(), "config/tools.yaml") ? initConfig(places()).path : path;
}
