import { lstatSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { packageRoot } from "../../pipes/protocol/package.ts";
import { type Environment, places } from "../../pipes/protocol/places.ts";

export interface Located {
  readonly path: string;
  /** Who chose it: $PIPE_TOOLS_CONFIG, the user's config folder, or nobody. */
  readonly origin: "environment" | "user" | "packaged";
  /** Files that would be another answer if they came or went: what is to be watched, `path` included. */
  readonly candidates: readonly string[];
}

/** Which tools.yaml counts now. One that the environment names is the answer even if it is missing. @throws ToolError `usage` */
export function locateConfig(env: Environment = process.env, root: string = packageRoot()): Located {
  const named = env["PIPE_TOOLS_CONFIG"];
  const user = places(env).config;
  if (named !== undefined && named !== "") {
    if (user !== named) throw new ToolError("usage", { reason: `PIPE_TOOLS_CONFIG is '${named}'`, hint: "It has to be an absolute path" });
    return { path: user, origin: "environment", candidates: [user] };
  }
  const packaged = join(root, "config/tools.yaml");
  const candidates = [user, packaged];
  return isThere(user) ? { path: user, origin: "user", candidates } : { path: packaged, origin: "packaged", candidates };
}

/** A link that leads nowhere is there: its owner wants to hear of it. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
