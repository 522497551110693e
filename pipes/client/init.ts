import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ToolError } from "../protocol/errors.ts";
import { packageRoot } from "../protocol/package.ts";
import type { Places } from "../protocol/places.ts";

export interface Initialised {
  readonly path: string;
  /** False when there was one already; it was left as it is. */
  readonly created: boolean;
}

/**
 * Puts the commented tools.yaml into the user's config folder (0700, the file 0600), complete or not at all, never over
 * another. Its first line leads editors to the schema of this package. @throws ToolError `file-failed`
 */
export function initConfig(places: Pick<Places, "config">, root: string = packageRoot()): Initialised {
  const path = places.config;
  const draft = `${path}.${process.pid}.new`;
  try {
    const text = withSchema(readFileSync(join(root, "config/tools.yaml"), "utf8"), join(root, "config/tools.schema.json"));
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
    return { path, created: linkUnlessThere(draft, path) };
  } catch (error) {
    throw ToolError.from(error, "file-failed", { path });
  }
}

function withSchema(text: string, schema: string): string {
  const line = `# yaml-language-server: $schema=${pathToFileURL(schema).href}`;
  const rest = text.replace(/^# yaml-language-server:.*\n/m, "");
  return `${line}\n${rest}`;
}

/** Gives the draft its name: a link, unlike a rename, never replaces what is there. */
function linkUnlessThere(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
