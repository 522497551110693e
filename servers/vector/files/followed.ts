import { join } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Failure } from "./failure.ts";
import { outermost, parentsOf, pathIn } from "./paths.ts";
import { findRoot, type Root } from "./root.ts";
import type { Rules, Selection } from "./rules/rules.ts";
import { RULE_FILES } from "./rules/sources.ts";
import type { SkipReason } from "./skipped.ts";
import { isThere, type Surroundings, watchSurroundings } from "./surroundings.ts";
import { walk } from "./walk.ts";
import { type WatchFolder, Watches } from "./watches.ts";

/** Paths from the root of what may be different, files and folders; or that anything may be. */
export type ChangeSet = "all" | readonly string[];

export interface FollowedOptions extends Selection {
  /** Absolute. */
  readonly root: string;
  /** There is something to look at. */
  readonly onTouched: () => void;
  readonly onFailed: (failure: Failure) => void;
  readonly watchFolder?: WatchFolder;
}

/** What is watched of a root, with the rules of each folder, and what was touched since the last look. */
export class Followed {
  readonly #options: FollowedOptions;
  readonly #ended = new AbortController();
  readonly #touched = new Set<string>();
  #mayBeAnything = true;
  /** What is watched may be other folders than those that are there. */
  #isStale = false;
  #events = 0;
  #isAway = true;
  /** Where the root was last, without links; a link that leads nowhere now may lead there again. */
  #real: string | null = null;
  #surroundings: Surroundings[] = [];
  #root: Root | null = null;
  #watches: Watches | null = null;
  #rules = new Map<string, Rules>();
  #looking: Promise<unknown> = Promise.resolve();

  constructor(options: FollowedOptions) {
    this.#options = options;
  }

  get isTouched(): boolean {
    return this.#mayBeAnything || this.#isStale || this.#touched.size > 0;
  }

  /** There is no root, and what watches its surroundings will notice when there is. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Whatever may have changed: the next look is at all of it. */
  forget(): void {
    this.#mayBeAnything = true;
  }

  /** Watches what is new and what was touched, then returns what was touched; null: nothing that counts. @throws ToolError about the root */
  look(): Promise<ChangeSet | null> {
    const looking = this.#look();
    this.#looking = looking.catch(() => undefined); // whoever called has the error
    return looking;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#looking;
    for (const surroundings of this.#surroundings.splice(0)) surroundings.close();
    this.#watches?.prune("", new Set());
  }

  async #look(): Promise<ChangeSet | null> {
    const all = this.#mayBeAnything || this.#isStale || this.#root === null;
    if (this.#isStale) this.#leave();
    const touched = outermost(this.#touched);
    this.#touched.clear();
    this.#mayBeAnything = false;
    this.#isStale = false;
    if (!all) return this.#root?.file === null ? this.#lookAtSome(touched) : null;
    try {
      await this.#lookAtAll(touched);
      return "all";
    } catch (error) {
      this.#leave(); // so the next look is at all again
      throw error;
    }
  }

  async #lookAtAll(touched: readonly string[]): Promise<void> {
    this.#root = await this.#findRoot();
    if (this.#root.file !== null) return;
    const kept = await this.#watch(touched, undefined);
    this.#watches?.prune("", kept);
    this.#forgetRules();
  }

  /** What happens to the root while it is looked for is noticed by the watches around it, and looked at next. */
  async #findRoot(): Promise<Root> {
    const { root } = this.#options;
    this.#watchAround();
    this.#isAway = !isThere(root);
    if (this.#isAway && this.#real !== null) throw new ToolError("file-failed", { path: root, reason: "it was removed or renamed", hint: "It is followed again as soon as it is back" });
    const found = await findRoot(root);
    const real = join(found.folder, found.file ?? "");
    if (real !== (this.#real ?? root)) {
      this.#real = real;
      this.#watchAround();
    }
    this.#real = real;
    if (found.folder !== this.#root?.folder || found.file !== null) this.#leave();
    return found;
  }

  async #lookAtSome(touched: readonly string[]): Promise<ChangeSet | null> {
    const unchanged = new Set<string>();
    const kept = await this.#watch(touched, touched, (path, reason) => {
      if (BY_NAME.has(reason) && this.#watches?.has(path) !== true) unchanged.add(path);
    });
    for (const path of touched) this.#watches?.prune(path, kept);
    this.#forgetRules();
    const changes = touched.filter((path) => !unchanged.has(path));
    return changes.length === 0 ? null : changes;
  }

  async #watch(touched: readonly string[], only: readonly string[] | undefined, onSkipped?: (path: string, reason: SkipReason) => void): Promise<Set<string>> {
    const root = this.#root?.folder ?? this.#options.root;
    this.#watches ??= this.#watchesOn(root);
    const watches = this.#watches;
    const kept = new Set<string>();
    const anew = new Set(touched);
    const beforeFolder = (path: string): void => {
      kept.add(path);
      watches.add(path, anew.has(path) || parentsOf(path).some((parent) => anew.has(parent)));
    };
    const { include, exclude } = this.#options;
    const options = { ...(include && { include }), ...(exclude && { exclude }), ...(only && { only }), foldersOnly: true, beforeFolder, signal: this.#ended.signal };
    for await (const walked of walk(root, options)) {
      if (walked.kind === "folder") this.#rules.set(walked.path, walked.rules);
      else if (walked.kind === "skipped") onSkipped?.(walked.path, walked.reason);
    }
    return kept;
  }

  #watchesOn(root: string): Watches {
    const { watchFolder, onFailed } = this.#options;
    return new Watches({
      root,
      onEvent: (folder, name) => this.#take(folder, name),
      onFailed: (folder, error) => onFailed({ folder, error }),
      ...(watchFolder && { watchFolder }),
    });
  }

  #take(folder: string, name: string | null): void {
    this.#count();
    if (name === null) this.#touched.add(folder);
    else if (RULE_FILES.has(name)) this.#mayBeAnything = true;
    else {
      const rules = this.#rules.get(folder);
      if (rules !== undefined && rules.judge(name, "file") !== null && rules.judge(name, "folder") !== null) return;
      this.#touched.add(pathIn(folder, name));
    }
    this.#options.onTouched();
  }

  /** Those of one turn of the event loop are those that waited together. */
  #count(): void {
    this.#events += 1;
    if (this.#events === 1) setImmediate(() => (this.#events = 0));
    if (this.#events !== MOST_EVENTS) return;
    this.#isStale = true;
    this.#options.onTouched();
  }

  #watchAround(): void {
    const before = this.#surroundings;
    const { root } = this.#options;
    this.#surroundings = [...new Set([root, this.#real ?? root])].map((path) =>
      watchSurroundings(path, (what) => {
        if (what === "moved") this.#isStale = true;
        else if (what === "rules" || this.#root?.file !== null) this.#mayBeAnything = true;
        else return;
        this.#options.onTouched();
      }),
    );
    for (const surroundings of before) surroundings.close();
  }

  #leave(): void {
    this.#watches?.prune("", new Set());
    this.#watches = null;
    this.#rules.clear();
    this.#root = null;
  }

  #forgetRules(): void {
    for (const path of this.#rules.keys()) if (this.#watches?.has(path) !== true) this.#rules.delete(path);
  }
}

/** The system drops events when too many wait (inotify: 16384), and Node.js does not say so. Before that anything counts as touched. */
const MOST_EVENTS = 8192;
/** Reasons that hold for a name as long as the rules do: there was nothing of it before, either. */
const BY_NAME: ReadonlySet<SkipReason> = new Set(["version-control", "hidden", "ignored", "excluded", "not-included"]);
