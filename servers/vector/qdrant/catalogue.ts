import type { CollectionFacts } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Embedder } from "../embedders/embedder.ts";
import type { KnownFile } from "../files/changes.ts";
import { type Catalogue, type Folder, type IncomingFile, type Place, UNREAD } from "../indexing/catalogue.ts";
import { makePoints } from "./adding.ts";
import { throwIfCancelled } from "./cancelled.ts";
import type { Collection } from "./collection.ts";
import type { Connection } from "./connection.ts";
import { fileOf, filePoint, filesOf, folderOf, folderPoint, FOLDERS, passagesIn, passagesOf, theFile, theFolder } from "./entries.ts";
import { ensure, factsFor, undefinedIfMissing } from "./making.ts";
import type { NewPoint } from "./point.ts";
import { entries } from "./scroll.ts";

export interface CatalogueNeeds {
  readonly connection: Connection;
  readonly tool: string;
  readonly embedder: Embedder | null;
  /** Resolves when the embedder has an id and makes vectors. */
  readonly embedderReady: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * The folders of a collection at the server. A request is all that happens there as a whole, so what a file is known by is made void with the first
 * change of its passages, and put right with the last one: whoever dies in between reads the file again, whatever it has by then.
 */
export class QdrantCatalogue implements Catalogue {
  readonly #collection: Collection;
  readonly #needs: CatalogueNeeds;

  constructor(collection: Collection, needs: CatalogueNeeds) {
    this.#collection = collection;
    this.#needs = needs;
  }

  get name(): string {
    return this.#collection.name;
  }

  async folders(): Promise<Folder[]> {
    const points = (await entries(this.#needs.connection, this.#collection, FOLDERS).catch(undefinedIfMissing)) ?? [];
    return points.map(folderOf).filter((folder) => folder !== null).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async remember(folder: Folder): Promise<void> {
    await ensure(this.#collection, () => factsFor(this.#needs.embedder, null));
    await this.#collection.indexPayload(); // for one that was made before there were folders
    await this.#collection.put([folderPoint(folder)]);
  }

  async files(root: string): Promise<Map<string, KnownFile>> {
    const points = await entries(this.#needs.connection, this.#collection, filesOf(root));
    return new Map(points.map(fileOf).filter((file) => file !== null).map(({ path, ...known }) => [path, known]));
  }

  /**
   * New passages are there before old ones go. So who searches meanwhile may find both of a file, or the beginning of a new one, and never less than it
   * had, but for what has the same line: that is the new one at once.
   */
  async replace({ place, file, passages, isNew }: IncomingFile, signal: AbortSignal): Promise<void> {
    const { embedder, embedderReady, tool } = this.#needs;
    await embedderReady(signal);
    const space = { collection: this.name, facts: await this.#collection.facts(signal), tool, embedder };
    const parts: NewPoint[][] = [];
    for await (const { points } of makePoints(passages, space, signal, place)) parts.push(points);
    throwIfCancelled(signal);
    const [first = [], ...more] = parts;
    await this.#collection.put([...first, filePoint(place, UNREAD)]);
    for (const points of more) await this.#collection.put(points);
    if (!isNew) await this.#collection.remove({ must: [passagesOf(place)], must_not: [{ has_id: parts.flat().map(({ id }) => id) }] });
    await this.#collection.put([filePoint(place, file)]);
  }

  touch(place: Place, file: KnownFile): Promise<void> {
    return this.#collection.put([filePoint(place, file)]);
  }

  /** In one request: were it known without its passages, it would not be read when it is there again. */
  async forgetFile(place: Place): Promise<number> {
    const count = await this.#collection.count(passagesOf(place));
    await this.#collection.remove({ should: [passagesOf(place), theFile(place)] });
    return count;
  }

  async forgetFolder(root: string): Promise<number> {
    const count = await this.#collection.count(passagesIn(root));
    await this.#collection.remove({ should: [passagesIn(root), filesOf(root), theFolder(root)] });
    return count;
  }

  async facts(): Promise<CollectionFacts["folders"]> {
    const folders = await this.folders();
    return Promise.all(folders.map(async ({ path, follow }) => ({ path, follow, files: await this.#collection.countEntries(filesOf(path)) })));
  }
}
