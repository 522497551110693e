import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { LEVELS } from "../../logs/entry.ts";
import { logsIn } from "../../logs/read.ts";
import { packageRoot } from "../../pipes/protocol/package.ts";
import { modeFlags } from "../flags.ts";
import { splitAtEquals } from "../options.ts";
import { flagOf } from "../words.ts";
import { both, type Candidate, type Completion, FILES, inline, NOTHING, words } from "./candidates.ts";
import type { Fleet } from "./fleet.ts";
import { knownSettings } from "./known.ts";
import { valuesNamed, valuesOf } from "./values.ts";

interface ModeFlag {
  readonly flag: string;
  readonly short?: string;
  readonly description: string;
  /** What its value may be; a flag without one takes none. */
  readonly values?: (fleet: Fleet) => Completion;
}

/** What may stand behind `--list`, `--logs`, … */
export function completeMode(mode: string, before: readonly string[], current: string, fleet: Fleet): Completion {
  const flags = [...(FLAGS[mode] ?? []), ...(mode === "serve" ? settingsOf(before[0]) : []), HELP];
  const named = (word: string | undefined): ModeFlag | undefined => flags.find(({ flag, short }) => word === flag || (short !== undefined && word === short));
  const pending = named(before.at(-1));
  if (pending?.values !== undefined) return pending.values(fleet);
  const [flag, value] = splitAtEquals(current);
  if (value !== undefined) return flag === `--${mode}` ? inline(flag, wordsOf(mode, fleet)) : inline(flag, named(flag)?.values?.(fleet) ?? NOTHING);
  if (current.startsWith("-")) return { candidates: flags.filter((one) => !before.includes(one.flag)).map((one) => ({ value: one.flag, description: one.description })), files: false };
  const taken = before.filter((word, at) => !word.startsWith("-") && named(before[at - 1])?.values === undefined);
  if (mode === "logs" || (mode === "conversations" && before.includes("--delete"))) return without(wordsOf(mode, fleet), taken);
  return taken.length > 0 ? NOTHING : wordsOf(mode, fleet);
}

/** The settings of a built-in server as flags. */
function settingsOf(server: string | undefined): ModeFlag[] {
  const settings = server !== undefined && Object.hasOwn(knownSettings, server) ? (knownSettings[server] ?? []) : [];
  return settings.map((setting) => ({ flag: flagOf(setting.name), description: setting.description, values: (fleet) => valuesOf("", setting, fleet) }));
}

const HELP: ModeFlag = { flag: "--help", short: "-h", description: "help" };
const JSON_FLAG: ModeFlag = { flag: "--json", short: "-j", description: "for programs" };
const tools = (fleet: Fleet): Completion => ({ candidates: fleet.tools, files: false });
const text = (): Completion => NOTHING;
const FORCE: ModeFlag = { flag: "--force", description: "whatever is in its place" };

const FLAGS: Readonly<Record<string, readonly ModeFlag[]>> = {
  list: [JSON_FLAG, { flag: "--pid", description: "with the processes that have each pipe open" }],
  pid: [JSON_FLAG],
  clear: [JSON_FLAG],
  logs: [
    { flag: "--follow", short: "-f", description: "go on as lines come" },
    { flag: "--since", description: "how long ago (10m, 2h), a time (14:30), a date", values: () => words("5m", "10m", "1h", "1d", "today", "yesterday") },
    { flag: "--level", description: "nothing less important", values: () => words(...Object.keys(LEVELS)) },
    { flag: "--lines", short: "-n", description: "at most so many, the newest", values: () => words("10", "50", "100", "1000") },
    JSON_FLAG,
  ],
  talk: [
    { flag: "--chat", description: "the tool that answers", values: (fleet) => ({ candidates: fleet.toolsWith("chat"), files: false }) },
    { flag: "--stt", description: "the tool that listens", values: (fleet) => ({ candidates: fleet.toolsWith("listen"), files: false }) },
    { flag: "--tts", description: "the tool that speaks", values: (fleet) => ({ candidates: fleet.toolsWith("say"), files: false }) },
    { flag: "--system", description: "what the model is to be", values: text },
    { flag: "--no-barge-in", description: "let it finish" },
  ],
  conversations: [JSON_FLAG, { flag: "--raw", description: "Markdown as it stands" }, { flag: "--delete", description: "delete those that are named" }],
  templates: [JSON_FLAG],
  mcp: [{ flag: "--print-config", description: "what to tell an agent's program" }],
  "install-skill": [FORCE],
  "install-service": [FORCE],
  "uninstall-service": [FORCE],
  serve: [{ flag: "--name", description: "the tool's name", values: tools }],
};

function wordsOf(mode: string, fleet: Fleet): Completion {
  if (mode === "serve") return both(words(...builtInServers()), FILES);
  if (mode === "logs") return { candidates: logNames(fleet), files: false };
  if (mode === "conversations") return words(...fleet.conversations);
  if (mode === "templates") return words(...fleet.templates);
  return valuesNamed(modeFlags.find(({ name }) => name === mode)?.value ?? "", fleet);
}

/** The tools that are there, and those that have left a log. */
function logNames(fleet: Fleet): Candidate[] {
  const known = new Map(fleet.tools.map((tool) => [tool.value, tool]));
  for (const log of logsIn(fleet.logs)) if (!known.has(log)) known.set(log, { value: log, description: log === "daemon" ? "the daemon itself" : "" });
  return [...known.values()];
}

function builtInServers(): string[] {
  const servers = join(packageRoot(), "dist/servers");
  if (!existsSync(servers)) return [];
  return readdirSync(servers, { withFileTypes: true }).filter((entry) => entry.isDirectory() && existsSync(join(servers, entry.name, "main.js"))).map((entry) => entry.name);
}

function without({ candidates, files }: Completion, taken: readonly string[]): Completion {
  return { candidates: candidates.filter(({ value }) => !taken.includes(value)), files };
}
