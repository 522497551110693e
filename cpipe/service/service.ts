import { ToolError } from "../../pipes/protocol/errors.ts";
import { type Standing, standingOf } from "./file.ts";
import type { Run } from "./program.ts";

/** What is to be installed or removed, and by what means. */
export interface Service {
  /** The service file. */
  readonly text: string;
  /** Also in place of a file that was not made by us, or was changed since. */
  readonly force: boolean;
  /** The pid of the daemon that runs, whoever has started it; null when none does. */
  readonly daemon: number | null;
  readonly run: Run;
}

/** What to do where no service is there to be started. */
export const NOT_INSTALLED = "Start it in another terminal: pipe-tools; or install it: cpipe --install-service";

/**
 * How the file at `path` stands, where it is ours to replace (or, without an `advice` on changes, to remove).
 * @throws ToolError `file-failed` for somebody else's
 */
export function refuseForeign({ text, force }: Pick<Service, "text" | "force">, path: string, advice: string | null): Standing {
  const standing = standingOf(path, text);
  if (force) return standing;
  if (standing === "foreign") throw new ToolError("file-failed", { path, reason: "it was not made by cpipe, and was left alone", hint: "With --force it goes all the same" });
  if (standing === "edited" && advice !== null) throw new ToolError("file-failed", { path, reason: "it was changed since cpipe made it, and was left alone", hint: `With --force it is replaced; ${advice}` });
  return standing;
}
