import { execFile } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** A folder for `PATH` in which only some programs are. */
export async function programsOnly(folder: string, ...names: string[]): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  for (const name of names) {
    const { stdout } = await promisify(execFile)("sh", ["-c", `command -v ${name}`]);
    await symlink(stdout.trim(), join(bin, name));
  }
  return bin;
}
