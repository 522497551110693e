import { open } from "node:fs/promises";

/** Has a file or a folder on the disk before anything else is done. */
export async function sync(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
