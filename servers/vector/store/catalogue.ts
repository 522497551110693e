import type { CollectionFacts } from "../../../pipes/protocol/interfaces/vector.ts";
import type { KnownFile } from "../files/changes.ts";
import { type Catalogue, type Folder, type IncomingFile, type Place, UNREAD } from "../indexing/catalogue.ts";
import type { Prepared } from "./collection.ts";
import type { Opened } from "./opened.ts";
import type { Incoming } from "./prepare.ts";
import { BATCH } from "./writer.ts";

/** How a folder is indexed, as it was asked for the last time. */
type Options = Omit<Folder, "path">;

/** The folders of a collection in its own file: what is changed of one of their files is one transaction with its passages. */
export class SqliteCatalogue implements Catalogue {
  readonly #opened: Opened;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  get name(): string {
    return this.#opened.name;
  }

  folders(): Promise<Folder[]> {
    return Promise.resolve(this.#all());
  }

  remember({ path, follow, include, exclude }: Folder): Promise<void> {
    const options: Options = { follow, include, exclude };
    return this.#opened.writer.alone(() => this.#db.sql("insert into folder (path, options) values (?, ?) on conflict (path) do update set options = excluded.options").run(path, JSON.stringify(options)));
  }

  /** A file whose first passages never came to be is known by nothing but its path. */
  files(root: string): Promise<Map<string, KnownFile>> {
    const found = this.#db.sql("select file.path, size, mtime, read, hash from file join folder on folder.id = file.folder where folder.path = ?").all(root);
    return Promise.resolve(
      new Map(
        found.map((file) => [file["path"] as string, { size: (file["size"] as number | null) ?? UNREAD.size, mtimeMs: (file["mtime"] as number | null) ?? UNREAD.mtimeMs, seenMs: (file["read"] as number | null) ?? UNREAD.seenMs, hash: (file["hash"] as string | null) ?? UNREAD.hash }]),
      ),
    );
  }

  /** In one transaction: there is never a half of it. */
  async replace({ place, file, passages }: IncomingFile, signal: AbortSignal): Promise<void> {
    const id = this.#idOf(place) ?? (await this.#opened.writer.alone(() => this.#insert(place)));
    const incoming = passages.map((item): Incoming => ({ item, path: "$", file: id }));
    const put: Prepared[] = [];
    // The vectors are made a part at a time, for others wait for the embedder, too.
    for (let from = 0; from < incoming.length; from += BATCH) put.push(...(await this.#opened.prepare(incoming.slice(from, from + BATCH), signal)));
    await this.#opened.writer.alone(() => this.#opened.collection.write({ remove: this.#rowsOf(id), put, also: () => this.#touch(id, file) }));
  }

  touch(place: Place, file: KnownFile): Promise<void> {
    return this.#opened.writer.alone(() => this.#touch(this.#idOf(place)!, file));
  }

  forgetFile(place: Place): Promise<number> {
    return this.#forget(this.#idOf(place)!);
  }

  /** File after file, so that searches have their turn. */
  async forgetFolder(root: string): Promise<number> {
    let removed = 0;
    for (const { id } of this.#db.sql("select file.id from file join folder on folder.id = file.folder where folder.path = ?").all(root)) removed += await this.#forget(id as number);
    await this.#opened.writer.alone(() => this.#db.sql("delete from folder where path = ?").run(root));
    return removed;
  }

  facts(): CollectionFacts["folders"] {
    const count = this.#db.sql("select count(*) as files from file join folder on folder.id = file.folder where folder.path = ?");
    return this.#all().map(({ path, follow }) => ({ path, follow, files: count.get(path)?.["files"] as number }));
  }

  /** The indexed file that a row is a passage of. */
  fileOf(row: number): number | null {
    return (this.#db.sql("select file from row where id = ?").get(row)?.["file"] as number | null | undefined) ?? null;
  }

  get #db() {
    return this.#opened.collection.db;
  }

  #forget(id: number): Promise<number> {
    return this.#opened.writer.alone(() => {
      const rows = this.#rowsOf(id);
      this.#opened.collection.write({ remove: rows, also: () => this.#db.sql("delete from file where id = ?").run(id) });
      return rows.length;
    });
  }

  #touch(id: number, { size, mtimeMs, seenMs, hash }: KnownFile): void {
    this.#db.sql("update file set size = ?, mtime = ?, read = ?, hash = ? where id = ?").run(size, mtimeMs, seenMs, hash, id);
  }

  #rowsOf(file: number): number[] {
    return this.#db.sql("select id from row where file = ?").all(file).map(({ id }) => id as number);
  }

  #all(): Folder[] {
    return this.#db.sql("select path, options from folder order by path").all().map(({ path, options }) => ({ path: path as string, ...this.#optionsFrom(options) }));
  }

  #optionsFrom(text: unknown): Options {
    const what = "how a folder is indexed";
    const { follow, include, exclude } = (this.#db.parse(text, what) ?? {}) as Partial<Options>;
    if (typeof follow !== "boolean" || !areTexts(include) || !areTexts(exclude)) throw this.#db.damaged(`${what} is not said: ${String(text)}`);
    return { follow, include, exclude };
  }

  #idOf({ root, path }: Place): number | undefined {
    return this.#db.sql("select file.id from file join folder on folder.id = file.folder where folder.path = ? and file.path = ?").get(root, path)?.["id"] as number | undefined;
  }

  #insert({ root, path }: Place): number {
    const folder = this.#db.sql("select id from folder where path = ?").get(root)?.["id"] as number;
    return this.#db.sql("insert into file (folder, path) values (?, ?)").insert(folder, path);
  }
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
