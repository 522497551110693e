import type { RegistryEntry } from "../pipes/protocol/registry.ts";

export interface BannerFacts {
  readonly version: string;
  readonly config: string;
  readonly origin: string;
  readonly logs: string;
  /** How a person calls cpipe here. */
  readonly cpipe: string;
}

/** Progress that passes faster than this is not worth a line. */
const PASSING_MS = 1000;

/** What a person who runs the daemon in a terminal sees: one line a change, nothing while nothing changes. */
export class Banner {
  readonly #write: (text: string) => void;
  readonly #said = new Map<string, string>();
  readonly #entries = new Map<string, RegistryEntry>();
  readonly #saidAt = new Map<string, number>();
  readonly #facts: BannerFacts;
  #hinted = false;

  constructor(facts: BannerFacts, write: (text: string) => void) {
    this.#facts = facts;
    this.#write = write;
    const origin = facts.origin === "packaged" ? `  (the packaged default; \`${facts.cpipe} --init\` gives you your own)` : "";
    write(`pipe-tools ${facts.version}\n  config  ${facts.config}${origin}\n  logs    ${facts.logs}\n\n`);
  }

  changed(entry: RegistryEntry): void {
    this.#entries.set(entry.name, entry);
    const before = this.#said.get(entry.name);
    const news = newsOf(entry);
    if (news.kind === before) return;
    if (news.passing && performance.now() - (this.#saidAt.get(entry.name) ?? -Infinity) < PASSING_MS) return;
    this.#said.set(entry.name, news.kind);
    this.#saidAt.set(entry.name, performance.now());
    this.#write(`  ${entry.name.padEnd(12)}  ${news.text}\n`);
    this.#hint();
  }

  removed(name: string): void {
    this.#said.delete(name);
    this.#entries.delete(name);
    this.#write(`  ${name.padEnd(12)}  removed\n`);
  }

  say(text: string): void {
    this.#write(`\n${text}\n\n`);
  }

  /** What to type next, once nothing is starting any more and there is something to talk to; not to somebody who is just stopping it. */
  #hint(): void {
    const entries = [...this.#entries.values()];
    const ready = entries.filter(({ phase, state }) => phase === "ready" && state !== "error" && state !== "loading");
    const best = ready.find(({ kind }) => kind === "chat") ?? ready[0];
    if (this.#hinted || best === undefined || entries.some(({ phase }) => phase === "starting" || phase === "stopping")) return;
    this.#hinted = true;
    const { cpipe } = this.#facts;
    const first = best.kind === "chat" ? `${cpipe} ${best.name} ask "Hello"` : `${cpipe} ${best.name} --help`;
    this.#write(`\n  In another terminal:   ${cpipe} --list\n                         ${first}\n  Ctrl-C stops the daemon and its tools. To have them from login on:  ${cpipe} --install-service\n\n`);
  }
}

interface News {
  readonly kind: string;
  readonly text: string;
  readonly passing?: boolean;
}

/** A line, and what kind of news it is: of the same kind, one line is enough. A busy tool is a ready one. */
function newsOf(entry: RegistryEntry): News {
  const { phase, state, pid, path, model, progress, reason } = entry;
  const column = (word: string, rest: string | null): string => `${word.padEnd(9)} ${rest ?? ""}`.trimEnd();
  switch (phase) {
    case "ready":
      if (state === "error") return { kind: `error ${reason}`, text: column("error", reason) };
      // A tool that was asked after its model had failed tries once more.
      if (state === "loading") return progress === null ? { kind: "loading", text: "loading", passing: true } : progressed(progress);
      return { kind: `ready ${pid}`, text: column("ready", `${path}  pid ${pid}${model === null ? "" : `  model ${model}`}`) };
    case "starting":
      // One that is begun with a process was taken over.
      return progress === null ? { kind: `starting ${entry.restarts}`, text: column("starting", entry.restarts === 0 && pid === null ? "" : reason) } : progressed(progress);
    case "stopping":
      return { kind: "stopping", text: column("stopping", reason) };
    case "down":
    case "waiting":
    case "resting":
    case "backoff":
    case "failed":
      return { kind: `${phase} ${reason}`, text: column(phase, reason) };
  }
}

/** One line a tenth: enough to see that it goes on. */
function progressed({ stage, value, total }: NonNullable<RegistryEntry["progress"]>): News {
  const tenth = total === null || total === 0 ? "" : ` ${Math.floor((value / total) * 10) * 10} %`;
  return { kind: `${stage}${tenth}`, text: `${stage}${tenth}`, passing: true };
}
