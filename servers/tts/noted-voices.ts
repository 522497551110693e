import { closeSync, constants, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { toolOf } from "../../pipes/protocol/names.ts";
import { places } from "../../pipes/protocol/places.ts";
import { type KnownVoice, knownVoices, voicesFile } from "../../pipes/protocol/voices.ts";
import type { Log } from "../../pipes/rpc/log.ts";

/** Writes a tool's voices down for those who complete their names; a standby's are the tool's. Speech does not depend on it: a failure goes into the log. */
export function noteVoices(tool: string, voices: readonly KnownVoice[], log: Log, folder: string = places().voices): void {
  const name = toolOf(tool);
  const told = voices.map(({ name: voice, languages }) => ({ name: voice, languages }));
  if (JSON.stringify(knownVoices(folder, name)) === JSON.stringify(told)) return;
  const path = voicesFile(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    replace(path, `${JSON.stringify({ version: 1, voices: told })}\n`);
  } catch (error) {
    log.warn({ path, reason: (error as Error).message }, "the voices could not be written down; completions do not know them");
  }
}

function replace(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`;
  rmSync(draft, { force: true });
  const fd = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, text);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
