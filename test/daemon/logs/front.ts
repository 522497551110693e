import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { collapseFront } from "../../../pipes/transport/libc.ts";

/** Whether the file system of `path` can, as ext4 and XFS do. */
export function canTakeFront(path: string): boolean {
  writeFileSync(`${path}.probe`, Buffer.alloc(65_536));
  const fd = openSync(`${path}.probe`, "r+");
  const can = collapseFront(fd, 4096);
  closeSync(fd);
  rmSync(`${path}.probe`);
  return can;
}
