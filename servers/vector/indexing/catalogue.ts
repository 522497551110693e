import type { Item } from "../../../pipes/protocol/interfaces/vector.ts";
import type { IndexRequest } from "../backend.ts";
import type { KnownFile } from "../files/changes.ts";

/** A folder, or a single file, and how it is indexed, as it was asked for the last time. */
export type Folder = IndexRequest;

/** A file of a folder. */
export interface Place {
  /** The folder's own path. */
  readonly root: string;
  /** From there, as `findChanges` names it. */
  readonly path: string;
}

/** A file that was read, with what is to be kept of it. */
/** A row to be, whose vector is made from its text. */
export type Passage = Omit<Item, "vector">;

export interface IncomingFile {
  readonly place: Place;
  readonly file: KnownFile;
  readonly passages: readonly Passage[];
  /** Nothing of it is there: it is not among what `files` said. */
  readonly isNew: boolean;
}

/**
 * What a collection remembers of the folders that it has indexed: each with its options, the files in it as they were read, and which rows are
 * passages of which file. None of it is a row. All of it is asked for by one `Folders`, which changes one thing at a time.
 */
export interface Catalogue {
  /** The collection's name, for messages. */
  readonly name: string;
  /** In the order of their paths; none where there is no collection. */
  folders(): Promise<Folder[]>;
  /** Adds it, or takes its new options; its files stay as they are. Makes the collection where there is none. */
  remember(folder: Folder): Promise<void>;
  /** By their paths. One whose passages may not all be there has a hash that no file has, so it is read again. */
  files(root: string): Promise<Map<string, KnownFile>>;
  /** The file's passages instead of those that it had; what it is known by comes last. @throws ToolError `cancelled`, before anything is changed */
  replace(incoming: IncomingFile, signal: AbortSignal): Promise<void>;
  /** It has the same passages, and is known by other facts from now on. */
  touch(place: Place, file: KnownFile): Promise<void>;
  /** With its passages. @returns how many those were */
  forgetFile(place: Place): Promise<number>;
  /** With its files and their passages. @returns how many those were */
  forgetFolder(root: string): Promise<number>;
}

/** What a file is known by whose passages may not all be there: no file is like that. */
export const UNREAD: KnownFile = { size: -1, mtimeMs: 0, seenMs: 0, hash: "" };
