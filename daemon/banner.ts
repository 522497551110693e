import type { RegistryEntry } from "../pipes/protocol/registry.ts";

export interface BannerFacts {
  readonly version: string;
  readonly config: string;
  readonly origin: string;
  readonly logs: string;
  /** How a person calls cpipe here. */
  readonly cpipe: string;
}

/** What a person who runs the daemon in a terminal sees: one line a change, nothing while nothing changes. */
export class Banner {
  readonly #write: (text: string) => void;
  readonly #said = new Map<string, string>();
  readonly #facts: BannerFacts;
  #hinted = false;

  constructor(facts: BannerFacts, write: (text: string) => void) {
    this.#facts = facts;
    this.#write = write;
    write(`pipe-tools ${facts.version}\n  config  ${facts.config}${facts.origin === "packaged" ? "  (the packaged default; `cpipe --init` gives you your own)" : ""}\n  logs    ${facts.logs}\n\n`);
  }

  changed(entry: RegistryEntry): void {
    const line = lineOf(entry);
    if (this.#said.get(entry.name) === line) return;
    this.#said.set(entry.name, line);
    this.#write(`${line}\n`);
    this.#hint(entry);
  }

  removed(name: string): void {
    this.#said.delete(name);
    this.#write(`  ${name.padEnd(12)} removed\n`);
  }

  say(text: string): void {
    this.#write(`\n${text}\n`);
  }

  /** What to type next, once there is something to talk to. */
  #hint(entry: RegistryEntry): void {
    if (this.#hinted || entry.phase !== "ready" || entry.state === "error") return;
    this.#hinted = true;
    const { cpipe } = this.#facts;
    const first = entry.kind === "chat" ? `${cpipe} ${entry.name} ask "Hello"` : `${cpipe} ${entry.name} --help`;
    this.#write(`\n  In another terminal:   ${cpipe} --list\n                         ${first}\n  Ctrl-C stops the daemon and its tools.\n\n`);
  }
}

/** A busy tool is a ready one: going from idle to inferring and back is no news. */
function lineOf(entry: RegistryEntry): string {
  const { name, phase, state, pid, path, model, progress, reason } = entry;
  const head = `  ${name.padEnd(12)}`;
  if (phase === "ready" && state !== "error") return `${head} ready      ${path}  pid ${pid}${model === null ? "" : `  model ${model}`}`;
  if (phase === "ready") return `${head} error      ${reason}`;
  if (phase === "starting" && progress !== null) {
    const tenth = progress.total === null || progress.total === 0 ? "" : ` ${Math.floor((progress.value / progress.total) * 10) * 10} %`;
    return `${head} ${progress.stage}${tenth}`;
  }
  return `${head} ${phase.padEnd(10)} ${reason}`;
}
