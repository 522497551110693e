import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FolderWatch } from "../../cpipe/watch.ts";
import { temporaryFolder } from "../temporary.ts";

/** A watch, and its next news. */
function watched(folder: string) {
  let wake: () => void = () => undefined;
  const watch = new FolderWatch(folder, (name) => name === "registry.json", () => wake(), (error) => assert.fail(error));
  // Keeps the process for as long as somebody waits: the watch itself does not.
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      const held = setInterval(() => undefined, 60_000);
      wake = () => (clearInterval(held), resolve());
    });
  return { watch, next };
}

test("a folder is watched before it is there, and after it was replaced", async () => {
  await using place = await temporaryFolder();
  const folder = join(place.path, "run", "pipe-tools");
  const { watch, next } = watched(folder);
  const made = next();
  mkdirSync(folder, { recursive: true });
  await made;
  for (let round = 0; round < 2; round++) {
    const written = next();
    writeFileSync(join(folder, "registry.json"), "{}");
    await written;
    const gone = next();
    rmSync(join(place.path, "run"), { recursive: true });
    await gone;
    const back = next();
    mkdirSync(folder, { recursive: true });
    await back;
  }
  watch.close();
});

test("other files are no news", async () => {
  await using place = await temporaryFolder();
  const { watch, next } = watched(place.path);
  let told = false;
  const news = next().then(() => (told = true));
  writeFileSync(join(place.path, "other"), "");
  writeFileSync(join(place.path, "other2"), "");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told, false);
  writeFileSync(join(place.path, "registry.json"), "");
  await news;
  watch.close();
});
