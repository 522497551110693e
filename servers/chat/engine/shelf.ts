import { randomBytes } from "node:crypto";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";

/** What a context has to be able to do with what it holds; node-llama-cpp's sequences can. */
export interface Storable<Token> {
  readonly contextTokens: Token[];
  saveStateToFile(path: string): Promise<{ fileSize: number }>;
  loadStateFromFile(path: string, accept: { acceptRisk: true }): Promise<void>;
}

export interface ShelfOptions {
  /** Its own folder: whatever was in it is of no use any more, and is removed. */
  readonly folder: string;
  /** The most that all files may have together. */
  readonly bytes: number;
  /** What one token takes, about; 0 where that is not known. */
  readonly bytesPerToken: number;
}

interface Kept<Token> {
  readonly path: string;
  readonly tokens: readonly Token[];
  readonly bytes: number;
}

/** Conversations that have lost their context to another, as files: to read one back takes a hundredth of the time of evaluating it again. */
export class Shelf<Token> {
  readonly #options: ShelfOptions;
  /** The longest unused first. */
  #kept: Kept<Token>[] = [];

  /** Null where there can be no such folder: the model works without it, too. */
  static async open<Token>(options: ShelfOptions): Promise<Shelf<Token> | null> {
    try {
      await rm(options.folder, { recursive: true, force: true });
      await mkdir(options.folder, { recursive: true, mode: 0o700 });
      return new Shelf(options);
    } catch (error) {
      process.emitWarning(`no conversation can be kept in ${options.folder}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  private constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /**
   * Before a slot is used for another prompt: keeps what it would lose, and gives it what was kept of the prompt's own conversation. `shared` tells how
   * many tokens are the prompt's first. A full disk costs an evaluation, no reply; Node warns of it, and the server logs that.
   */
  async exchange(slot: Storable<Token>, shared: (tokens: readonly Token[]) => number): Promise<void> {
    const here = shared(slot.contextTokens);
    try {
      const [best] = this.#kept.map((kept) => ({ kept, shared: shared(kept.tokens) })).sort((a, b) => b.shared - a.shared);
      if (slot.contextTokens.length - here >= WORTHWHILE) await this.#put(slot);
      if (best !== undefined && best.shared - here >= WORTHWHILE && this.#kept.includes(best.kept)) await this.#take(slot, best.kept);
    } catch (error) {
      process.emitWarning(`a conversation could not be kept in ${this.#options.folder}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #put(slot: Storable<Token>): Promise<void> {
    const tokens = [...slot.contextTokens];
    if (tokens.length * this.#options.bytesPerToken > this.#options.bytes) return;
    const path = join(this.#options.folder, `${randomBytes(8).toString("hex")}.kv`);
    await (await open(path, "wx", 0o600)).close();
    try {
      const { fileSize: bytes } = await slot.saveStateToFile(path);
      this.#kept.push({ path, tokens, bytes });
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    await this.#makeRoom();
  }

  async #take(slot: Storable<Token>, kept: Kept<Token>): Promise<void> {
    this.#kept = this.#kept.filter((one) => one !== kept);
    try {
      await slot.loadStateFromFile(kept.path, { acceptRisk: true }); // it was written by this process
    } finally {
      await rm(kept.path, { force: true });
    }
  }

  async #makeRoom(): Promise<void> {
    let bytes = this.#kept.reduce((sum, kept) => sum + kept.bytes, 0);
    while (bytes > this.#options.bytes) {
      const oldest = this.#kept.shift();
      if (oldest === undefined) return;
      bytes -= oldest.bytes;
      await rm(oldest.path, { force: true });
    }
  }
}

/** Tokens below which it is as quick to evaluate them. */
const WORTHWHILE = 128;
