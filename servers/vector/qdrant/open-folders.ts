import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import type { Catalogue } from "../indexing/catalogue.ts";
import { Folders, type FollowEvents } from "../indexing/folders.ts";

interface Open {
  readonly folders: Folders;
  /** What was followed is followed again. */
  readonly resumed: Promise<void>;
  /** Somebody has asked for something since that was begun. */
  isAskedAgain: boolean;
}

export interface OpenFoldersOptions {
  readonly catalogueOf: (collection: string) => Catalogue;
  readonly following: (busy: boolean) => void;
  readonly log: Log;
}

/** The folders of each collection that something was asked of: from then on, what is to be followed is. */
export class OpenFolders {
  readonly #options: OpenFoldersOptions;
  readonly #events: FollowEvents;
  readonly #open = new Map<string, Open>();

  constructor(options: OpenFoldersOptions) {
    const { log, following } = options;
    this.#options = options;
    this.#events = {
      busy: (delta) => following(delta > 0),
      problem: (collection, error) => log.warn({ collection, code: error.code }, error.message),
      taken: (collection, path, { changed, removed, passages }) => log.info({ collection, path, changed, removed, passages }, "took in what has changed"),
    };
  }

  get events(): FollowEvents {
    return this.#events;
  }

  /** In the background: whoever asks for something else need not wait for it. */
  wake(collection: string): void {
    this.#at(collection);
  }

  /** Resolves when what was followed is followed again. @throws ToolError when the server cannot say what that is */
  async of(collection: string): Promise<Folders> {
    const { folders, resumed } = this.#at(collection);
    await resumed;
    return folders;
  }

  /** Resolves when nothing more is written of its folders. */
  async close(collection: string): Promise<void> {
    const open = this.#open.get(collection);
    this.#open.delete(collection);
    await open?.folders.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((collection) => this.close(collection)));
  }

  #at(collection: string): Open {
    const known = this.#open.get(collection);
    if (known !== undefined) {
      known.isAskedAgain = true;
      return known;
    }
    const folders = new Folders(this.#options.catalogueOf(collection));
    const open: Open = { folders, resumed: folders.resume(this.#events), isAskedAgain: false };
    this.#open.set(collection, open);
    open.resumed.catch((thrown: unknown) => this.#fail(collection, open, ToolError.from(thrown)));
    return open;
  }

  /** The next request tries again, and one that came meanwhile counts as that: it may have been answered. */
  #fail(collection: string, open: Open, error: ToolError): void {
    if (this.#open.get(collection) !== open) return; // closed meanwhile
    this.#open.delete(collection);
    this.#options.log.warn({ collection, code: error.code }, `its folders are not followed: ${error.message}`);
    if (open.isAskedAgain) this.wake(collection);
  }
}
