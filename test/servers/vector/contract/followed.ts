import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { rmSync } from "node:fs";
import { describe, test } from "node:test";
import type { Log } from "../../../../pipes/rpc/log.ts";
import type { Ground } from "../contract.ts";
import { folderOf } from "../files/folder.ts";
import { nowhere } from "../qdrant/nowhere.ts";
import { ToyEmbedder } from "../toy.ts";
import { foldersOf, index, textsOf } from "./folders.ts";

export function foldersFollowed(ground: Ground): void {
  describe("a folder that is followed", () => {
    test("has in it what is saved, and no more once it is forgotten", async (t) => {
      const { log, taken, problems } = ears();
      const backend = await ground.open(new ToyEmbedder(), log);
      const name = ground.fresh();
      const folder = folderOf(t, { "one/a.txt": "cat", "two/b.txt": "dog" });
      for (const path of ["one", "two"]) await index(backend, name, folder.at(path), { follow: true });
      assert.deepEqual((await foldersOf(backend, name))?.map(({ follow }) => follow), [true, true]);
      await taken(folder.at("one"), () => void folder.write("one/c.txt", "rain"));
      assert.deepEqual(await textsOf(backend, name), ["cat", "dog", "rain"]);
      await taken(folder.at("one"), () => rmSync(folder.at("one/a.txt")));
      assert.deepEqual(await textsOf(backend, name), ["dog", "rain"]);
      await backend.unindex(name, folder.at("one"));
      folder.write("one/d.txt", "bread");
      await taken(folder.at("two"), () => void folder.write("two/e.txt", "music"));
      assert.deepEqual(await textsOf(backend, name), ["dog", "music"]);
      assert.deepEqual(problems, []);
      await backend.close();
    });

    test("is followed after a restart, with the options that it was last given", async (t) => {
      const name = ground.fresh();
      const folder = folderOf(t, { "a.md": "cat", "b.txt": "dog" });
      const before = await ground.open(new ToyEmbedder());
      await index(before, name, folder.path, { follow: true, include: ["*.txt"] });
      await index(before, name, folder.path, { follow: true, include: ["*.md"], exclude: ["no.md"] });
      assert.deepEqual(await textsOf(before, name), ["cat"]);
      await before.close();
      folder.write("c.md", "rain");
      const { log, taken } = ears();
      const backend = await ground.open(new ToyEmbedder(), log);
      await taken(folder.path, () => void backend.prepare(() => undefined));
      assert.deepEqual(await textsOf(backend, name), ["cat", "rain"], "what was saved meanwhile");
      for (const left of ["b.txt", "no.md"]) folder.write(left, "bread");
      await taken(folder.path, () => void folder.write("d.md", "music"));
      assert.deepEqual(await textsOf(backend, name), ["cat", "music", "rain"]);
      await backend.close();
    });

    test("is followed again from the first request on", async (t) => {
      const name = ground.fresh();
      const folder = folderOf(t, { "a.txt": "cat" });
      const { log, taken } = ears();
      const backend = await ground.open(new ToyEmbedder(), log);
      await index(backend, name, folder.path, { follow: true });
      await backend.close();
      folder.write("b.txt", "dog");
      await taken(folder.path, () => backend.count(name, null));
      assert.deepEqual(await textsOf(backend, name), ["cat", "dog"]);
      await backend.close();
    });

    test("is followed no more when it is indexed without that", async (t) => {
      const { log, taken } = ears();
      const backend = await ground.open(new ToyEmbedder(), log);
      const name = ground.fresh();
      const folder = folderOf(t, { "one/a.txt": "cat", "two/b.txt": "dog" });
      for (const path of ["one", "two"]) await index(backend, name, folder.at(path), { follow: true });
      await index(backend, name, folder.at("one"));
      folder.write("one/c.txt", "rain");
      await taken(folder.at("two"), () => void folder.write("two/d.txt", "music"));
      assert.deepEqual(await textsOf(backend, name), ["cat", "dog", "music"]);
      await backend.close();
    });

    test("goes with its collection, which is not made again by what is saved", async (t) => {
      const { log, taken, problems } = ears();
      const backend = await ground.open(new ToyEmbedder(), log);
      const [name, other] = [ground.fresh(), ground.fresh()];
      const folder = folderOf(t, { "one/a.txt": "cat", "two/b.txt": "dog" });
      await index(backend, name, folder.at("one"), { follow: true });
      await index(backend, other, folder.at("two"), { follow: true });
      await backend.drop(name);
      folder.write("one/c.txt", "rain");
      await taken(folder.at("two"), () => void folder.write("two/d.txt", "music"));
      await assert.rejects(backend.count(name, null), { code: "not-found" });
      // Other folders, of earlier collections, have gone by now, and are said to have.
      assert.deepEqual(problems.filter((problem) => problem.includes(folder.at("one"))), []);
      await backend.close();
    });
  });
}

interface Ears {
  readonly log: Log;
  /** Does something, and resolves when the folder was taken in anew because of it. */
  readonly taken: (path: string, act: () => unknown) => Promise<void>;
  readonly problems: string[];
}

/** Hears what a backend says of the folders that it follows. */
function ears(): Ears {
  const heard = new EventEmitter();
  const problems: string[] = [];
  const note = (_: object, message: string): void => void problems.push(message);
  return {
    log: { ...nowhere, warn: note, error: note, info: (facts, message) => void (message === "took in what has changed" && heard.emit((facts as { path: string }).path)) },
    problems,
    async taken(path, act) {
      const saidSo = once(heard, path, { signal: AbortSignal.timeout(20_000) });
      await act();
      await saidSo;
    },
  };
}
