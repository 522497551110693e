import { EventEmitter } from "node:events";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { pipesIn } from "../../pipes/client/orphans.ts";
import { readRegistry } from "../../pipes/client/registry.ts";
import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import { roleOf, SUPERVISOR } from "../../pipes/protocol/names.ts";
import { places } from "../../pipes/protocol/places.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { type Listing, type ListedTool, takeStock } from "../commands/list.ts";
import { declaredBy, wordsOf } from "./declared.ts";
import { Inquiries } from "./inquiries.ts";
import type { KnownTool } from "./offer.ts";
import { FolderWatch } from "../watch.ts";

export interface FleetOptions {
  /** Asks a tool for its interfaces. */
  readonly ask: (tool: string, signal: AbortSignal) => Promise<readonly InterfaceShape[]>;
  readonly log: (text: string) => void;
  /** How long a daemon that has gone may take to come back before its tools are taken to have gone with it, in ms. */
  readonly graceMs?: number;
}

const GRACE_MS = 15_000;
/** Changes come in flocks, as when a daemon starts. */
const SETTLE_MS = 250;

/**
 * The tools that there are, as `cpipe --list` sees them: from the registry, which the daemon replaces at each change of any tool, and from the folder of
 * the pipes. Emits `changed` when the tools or their commands are others than before, not when only their states are.
 */
export class LiveFleet extends EventEmitter<{ changed: [] }> {
  readonly #options: FleetOptions;
  readonly #inquiries: Inquiries;
  readonly #watches: FolderWatch[] = [];
  #pipes = "";
  #tools: readonly KnownTool[] = [];
  #soon: NodeJS.Timeout | null = null;
  /** Set while a daemon that was there is not. */
  #grace: NodeJS.Timeout | null = null;
  #hadDaemon = false;
  readonly #last = new Map<string, { readonly kind: string; readonly description: string; readonly interfaces: readonly InterfaceShape[] }>();

  constructor(options: FleetOptions) {
    super();
    this.#options = options;
    this.#inquiries = new Inquiries(options.ask, () => this.#lookSoon());
    const { registry, runtime } = places();
    const name = registry.slice(runtime.length + 1);
    this.#watches.push(new FolderWatch(runtime, (changed) => changed === name, () => this.#lookSoon(), this.#unwatched));
    this.#look();
  }

  /** As they are now. Resolves when those that have to be asked have told what they can do, or have been given a moment for it. */
  async tools(): Promise<readonly KnownTool[]> {
    this.#look();
    await this.#inquiries.settled();
    this.#look();
    return this.#tools;
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    if (this.#soon !== null) clearTimeout(this.#soon);
    if (this.#grace !== null) clearTimeout(this.#grace);
    this.#inquiries.close();
  }

  readonly #unwatched = (error: Error): void => this.#options.log(`changes of the tools are not noticed: ${error.message}`);

  #lookSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#look();
    }, SETTLE_MS);
  }

  #look(): void {
    const registry = readRegistry();
    const listing = stock();
    this.#follow(listing.pipes);
    if (this.#isAway(listing)) return;
    const tools = listing.tools.map((tool) => this.#known(tool, registry?.tools[tool.name]));
    if (listing.daemon?.running === true) tools.push({ name: SUPERVISOR, description: "the daemon", interfaces: declaredBy(SUPERVISOR, []) ?? [] });
    const names = listing.tools.map(({ name }) => name);
    this.#inquiries.forgetAllBut(names);
    for (const name of this.#last.keys()) if (!names.includes(name)) this.#last.delete(name);
    const before = this.#tools;
    this.#tools = tools;
    if (!isDeepStrictEqual(before, tools)) this.emit("changed");
  }

  /** Whether a daemon that was there has gone a moment ago: it is probably being started again, and its tools are not forgotten for that. */
  #isAway({ daemon }: Listing): boolean {
    if (daemon?.running === true) {
      if (this.#grace !== null) clearTimeout(this.#grace);
      this.#grace = null;
      this.#hadDaemon = true;
      return false;
    }
    if (!this.#hadDaemon) return false;
    this.#grace ??= setTimeout(() => {
      this.#grace = null;
      this.#hadDaemon = false;
      this.#look();
    }, this.#options.graceMs ?? GRACE_MS).unref();
    return true;
  }

  #known(tool: ListedTool, entry: RegistryEntry | undefined): KnownTool {
    const { name, kind } = tool;
    const told = (entry?.interfaces ?? []).filter((shape) => shape.name !== "base");
    const interfaces = declaredBy(kind, told) ?? this.#asked(tool, told) ?? this.#remembered(tool, told);
    const last = this.#last.get(name);
    // One that is about to run has not said yet what it is.
    const description = tool.description === "" && last?.kind === kind ? last.description : tool.description;
    this.#last.set(name, { kind, description, interfaces });
    return { name, description, interfaces };
  }

  /** What the tool itself tells, with schemas; null until then, and of one that does not run. Nobody is started for it. */
  #asked({ name, phase, pid, started, path }: ListedTool, told: readonly InterfaceShape[]): readonly InterfaceShape[] | null {
    if (phase !== "ready" && phase !== "unsupervised") return null;
    const run = pid === null ? identityOf(path) : `${pid} ${String(started)}`;
    return run === null ? null : this.#inquiries.of(name, `${run} ${JSON.stringify(told)}`);
  }

  /** What it told in an earlier run, unless the registry knows otherwise: a restart is no other tool. */
  #remembered({ name, kind, phase }: ListedTool, told: readonly InterfaceShape[]): readonly InterfaceShape[] {
    const last = this.#last.get(name);
    if (last?.kind === kind && (told.length === 0 || isDeepStrictEqual(wordsOf(last.interfaces), told))) return last.interfaces;
    return phase === "starting" ? [] : told; // in a moment it can be asked itself
  }

  /** The folder may become another when the daemon comes. */
  #follow(pipes: string): void {
    if (pipes === this.#pipes) return;
    this.#pipes = pipes;
    this.#watches.splice(1).forEach((watch) => watch.close());
    this.#watches.push(new FolderWatch(pipes, (name) => roleOf(name)?.role === "upstream", () => this.#lookSoon(), this.#unwatched));
  }
}

/** A folder that cannot be read has no tools. */
function stock(): Listing {
  try {
    return takeStock(null, false);
  } catch {
    return { daemon: null, pipes: "", config: null, tools: [] };
  }
}

function identityOf(path: string): string | null {
  return pipesIn(join(path, "..")).find((pipe) => pipe.path === path)?.identity ?? null;
}
