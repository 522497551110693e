import { type Static, type TSchema, Type } from "typebox";
import type { KnownFile } from "../files/changes.ts";
import type { Folder, Place } from "../indexing/catalogue.ts";
import type { Point } from "./answers.ts";
import type { Condition } from "./condition.ts";
import { type NewPoint, pointIdOf } from "./point.ts";
import { isShaped } from "./shape.ts";

/**
 * What a collection remembers beside its rows: a point each, without vectors, so that no search finds it. A passage says by `source` which file it
 * is of. An entry's id is made from a name that begins with NUL, which no path has in it.
 */
const FolderEntry = Type.Object({
  entry: Type.Literal("folder"),
  folder: Type.Object({ path: Type.String(), follow: Type.Boolean(), include: Type.Array(Type.String()), exclude: Type.Array(Type.String()) }),
});
const FileEntry = Type.Object({
  entry: Type.Literal("file"),
  file: Type.Object({
    root: Type.String(),
    path: Type.String(),
    hash: Type.String(),
    size: Type.Number(),
    mtimeMs: Type.String({ description: "as text, for a server may round the last digit of a fraction, and then the file would be read each time" }),
    seenMs: Type.Number(),
  }),
});

/** The point that says what the collection is for. No row has its id: a name is never empty. */
export const RESERVED = pointIdOf("");
export const FOLDERS: Condition = { key: "entry", match: { value: "folder" } };
/** The points that are no rows, which every question about rows leaves out, if it is none of a search. */
export const BUT_ROWS: Condition = { should: [{ has_id: [RESERVED] }, { key: "entry", match: { any: ["folder", "file"] } }] };
/** What is asked for by all of this; without them each question would read every payload, and Qdrant's strict mode would refuse it. */
export const INDEXES = ["entry", "file.root", "source.root", "source.path"] as const;

export function folderPoint({ path, follow, include, exclude }: Folder): NewPoint {
  const payload: Static<typeof FolderEntry> = { entry: "folder", folder: { path, follow, include: [...include], exclude: [...exclude] } };
  return { id: folderId(path), payload, vector: {} };
}

export function filePoint(place: Place, { hash, size, mtimeMs, seenMs }: KnownFile): NewPoint {
  const payload: Static<typeof FileEntry> = { entry: "file", file: { ...place, hash, size, mtimeMs: String(mtimeMs), seenMs } };
  return { id: fileId(place), payload, vector: {} };
}

export function folderOf(point: Point): Folder | null {
  return payloadOf(FolderEntry, point)?.folder ?? null;
}

export function fileOf(point: Point): (KnownFile & Pick<Place, "path">) | null {
  const file = payloadOf(FileEntry, point)?.file;
  return file === undefined ? null : { path: file.path, hash: file.hash, size: file.size, mtimeMs: Number(file.mtimeMs), seenMs: file.seenMs };
}

/** The files of a folder. */
export function filesOf(root: string): Condition {
  return { key: "file.root", match: { value: root } };
}

/** The passages of all its files. */
export function passagesIn(root: string): Condition {
  return { key: "source.root", match: { value: root } };
}

export function passagesOf({ root, path }: Place): Condition {
  return { must: [passagesIn(root), { key: "source.path", match: { value: path } }] };
}

export function theFile(place: Place): Condition {
  return { has_id: [fileId(place)] };
}

export function theFolder(path: string): Condition {
  return { has_id: [folderId(path)] };
}

function folderId(path: string): string {
  return pointIdOf(`\0folder\0${path}`);
}

function fileId({ root, path }: Place): string {
  return pointIdOf(`\0file\0${root}\0${path}`);
}

function payloadOf<Shape extends TSchema>(shape: Shape, { payload }: Point): Static<Shape> | null {
  return isShaped(shape, payload) ? payload : null;
}
