import { closeSync, constants, openSync } from "node:fs";
import { DatabaseSync } from "@photostructure/sqlite";
import { APPLICATION, draftOf, FORMAT, putInPlace, removeAll } from "./file.ts";

/** Makes a file with these tables; it has its name only when it is whole, and is ours alone from the first byte on. */
export function makeFile(path: string, schema: string): void {
  const draft = draftOf(path, "new");
  removeAll(draft);
  try {
    closeSync(openSync(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600));
    const db = new DatabaseSync(draft);
    try {
      db.exec(`begin; ${schema}; pragma application_id = ${APPLICATION}; pragma user_version = ${FORMAT}; commit`);
    } finally {
      db.close();
    }
    putInPlace(draft, path);
  } catch (error) {
    removeAll(draft);
    throw error;
  }
}
