import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { places } from "../protocol/places.ts";
import { isRunning, startTimeOf } from "../transport/identity.ts";
import type { Registry } from "../protocol/registry.ts";

/** The registry as the daemon last wrote it, or null: no daemon has run, or the file is not ours to trust. */
export function readRegistry(path: string = places().registry): Registry | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return null; // absent or a link: either way there is none to read
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || stats.uid !== process.geteuid?.()) return null;
    const value: unknown = JSON.parse(readFileSync(fd, "utf8"));
    if (!isRegistry(value)) return null;
    Object.setPrototypeOf(value.tools, null); // people ask it for any name, and `constructor` is in every other object
    return value;
  } catch {
    return null; // not JSON: written by something else
  } finally {
    closeSync(fd);
  }
}

/** Of what is in it, all that a reader would stumble over: a full check costs more than cpipe's start. */
function isRegistry(value: unknown): value is Registry {
  if (!isObject(value) || value["version"] !== 1 || typeof value["pipes"] !== "string") return false;
  const { daemon, config, tools } = value;
  if (!isObject(daemon) || typeof daemon["pid"] !== "number" || !isObject(config) || !Array.isArray(config["problems"]) || !isObject(tools)) return false;
  return Object.values(tools).every((tool) => isObject(tool) && typeof tool["name"] === "string" && Array.isArray(tool["deaths"]) && Array.isArray(tool["interfaces"]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Whether the process runs that has this pid and, where it is known, this start time. */
export function isAlive(pid: number, startTime: string | null): boolean {
  if (startTime !== null && process.platform === "linux") return startTimeOf(pid) === startTime;
  return isRunning(pid);
}
