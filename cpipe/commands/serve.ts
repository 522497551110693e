import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../pipes/protocol/package.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import { guess } from "../coerce.ts";
import { parseObject, splitAtEquals, usage } from "../options.ts";

/**
 * `cpipe --serve NAME|FILE`: this process becomes the server, so its signals, output and exit code are the server's.
 * Does not return before the server ends. @throws ToolError `usage`
 */
export async function serve(target: string, rest: readonly string[]): Promise<void> {
  const { settings, name } = settingsFrom(rest);
  const program = programOf(target);
  process.env["PIPE_TOOLS_SETTINGS"] = JSON.stringify(settings);
  // This server is nobody's worker, even where cpipe was started by one.
  for (const variable of ["PIPE_TOOLS_TOOL", "PIPE_TOOLS_SUPERVISED", "PIPE_TOOLS_DESCRIPTION"]) delete process.env[variable];
  const known = name ?? program.name;
  if (known !== null) process.env["PIPE_TOOLS_TOOL"] = known;
  process.argv = [process.execPath, program.main, ...program.args];
  if (program.typescript) await import(import.meta.resolve("tsx"));
  await import(pathToFileURL(program.main).href);
}

interface Program {
  /** Null for a file, which names its tool itself. */
  readonly name: string | null;
  readonly main: string;
  readonly args: readonly string[];
  readonly typescript: boolean;
}

/** A word without a slash or an ending is the name of a built-in server. */
function programOf(target: string): Program {
  const servers = join(packageRoot(), "dist/servers");
  if (/\.[cm]?[jt]s$/.test(target)) {
    const file = resolve(target);
    if (!existsSync(file)) throw usage(`there is no file ${target}`, "--serve takes a .ts, .js or .mjs file, or the name of a built-in server");
    return { name: null, main: join(servers, "host.js"), args: [file], typescript: /\.[cm]?ts$/.test(file) };
  }
  const main = join(servers, target, "main.js");
  const builtin = readdirSync(servers, { withFileTypes: true }).filter((entry) => entry.isDirectory() && existsSync(join(servers, entry.name, "main.js"))).map((entry) => entry.name);
  if (builtin.includes(target)) return { name: target, main, args: [], typescript: false };
  const near = suggest(target, builtin);
  throw usage(`there is no built-in server '${target}'`, near === null ? `There are: ${builtin.join(", ")}; or give a .ts, .js or .mjs file` : `Did you mean '${near}'?`);
}

/** `--context-size 4096` is the setting `contextSize`; the server checks it. `--name` is the tool's name. */
export function settingsFrom(rest: readonly string[]): { settings: Record<string, unknown>; name: string | null } {
  const inherited = process.env["PIPE_TOOLS_SETTINGS"];
  const settings: Record<string, unknown> = inherited === undefined ? {} : parseObject(inherited, "$PIPE_TOOLS_SETTINGS");
  let name: string | null = null;
  for (let at = 0; at < rest.length; at++) {
    const token = rest[at] ?? "";
    const isJson = token === "-j" || token === "--json";
    if (!isJson && !/^--[A-Za-z]/.test(token)) throw usage(`--serve does not take ${token}`, "Settings are flags: cpipe --serve chat --model /path/to/model.gguf");
    const [flag, inline] = splitAtEquals(token.replace(/^--?/, ""));
    const next = rest[at + 1];
    const value = inline ?? (next !== undefined && (isJson || !next.startsWith("--")) ? next : undefined);
    if (inline === undefined && value !== undefined) at++;
    if (isJson) Object.assign(settings, parseObject(value ?? "", "--json"));
    else if (flag === "name" && value !== undefined) name = value;
    else settings[flag.replaceAll(/-([a-zA-Z])/g, (_, letter: string) => letter.toUpperCase())] = value === undefined ? true : guess(value);
  }
  return { settings, name };
}
