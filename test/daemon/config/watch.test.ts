import assert from "node:assert/strict";
import { once, EventEmitter } from "node:events";
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { watchConfig } from "../../../daemon/config/watch.ts";

interface Watched {
  readonly count: () => number;
  /** Makes a change and waits until it was noticed; resolves with the ms that took. */
  readonly notices: (change: () => void) => Promise<number>;
}

async function watching(t: TestContext, ...paths: string[]): Promise<Watched> {
  const events = new EventEmitter();
  let count = 0;
  const watch = await watchConfig({ paths, onChanged: () => events.emit("changed", (count += 1)), onError: (error) => events.emit("error", error) });
  t.after(() => watch.close());
  return {
    count: () => count,
    notices: async (change) => {
      const noticed = once(events, "changed", { signal: AbortSignal.timeout(5000) });
      const started = performance.now();
      change();
      await noticed;
      return performance.now() - started;
    },
  };
}

function folderOf(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "config-watch-")));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("An edit in place is noticed, each time, well within a second", async (t) => {
  const file = join(folderOf(t), "tools.yaml");
  writeFileSync(file, "tools:\n");
  const { notices } = await watching(t, file);
  for (const name of ["a", "b", "c"]) {
    const took = await notices(() => appendFileSync(file, `  ${name}: {server: echo}\n`));
    assert.ok(took < 700, `noticed after ${took} ms`);
  }
});

test("A file replaced by a rename is noticed, again and again", async (t) => {
  const folder = folderOf(t);
  const file = join(folder, "tools.yaml");
  writeFileSync(file, "tools:\n");
  const { notices } = await watching(t, file);
  for (let round = 0; round < 4; round++) {
    await notices(() => {
      writeFileSync(`${file}~`, `tools: {} # ${round}\n`);
      renameSync(`${file}~`, file);
    });
  }
});

test("An editor that moves the old file away and writes a new one is noticed, and so is the next edit in place", async (t) => {
  const file = join(folderOf(t), "tools.yaml");
  writeFileSync(file, "tools:\n");
  const { notices } = await watching(t, file);
  await notices(() => {
    renameSync(file, `${file}.bak`);
    writeFileSync(file, "tools: {}\n");
  });
  await notices(() => appendFileSync(file, "# more\n"));
});

test("A file that is deleted and comes back is noticed twice", async (t) => {
  const file = join(folderOf(t), "tools.yaml");
  writeFileSync(file, "tools:\n");
  const { notices } = await watching(t, file);
  await notices(() => unlinkSync(file));
  await notices(() => writeFileSync(file, "tools: {}\n"));
  await notices(() => appendFileSync(file, "# more\n"));
});

test("Behind a link the target's edits, its replacement, and the turning of the link are noticed", async (t) => {
  const folder = folderOf(t);
  for (const name of ["one", "two", "home"]) mkdirSync(join(folder, name));
  const [one, two, link] = [join(folder, "one/tools.yaml"), join(folder, "two/tools.yaml"), join(folder, "home/tools.yaml")];
  writeFileSync(one, "tools:\n");
  writeFileSync(two, "tools: {}\n");
  symlinkSync(one, link);
  const { notices } = await watching(t, link);
  await notices(() => appendFileSync(one, "# edited\n"));
  await notices(() => {
    writeFileSync(`${one}.new`, "tools: {} # replaced\n");
    renameSync(`${one}.new`, one);
  });
  await notices(() => {
    symlinkSync(two, `${link}.new`);
    renameSync(`${link}.new`, link);
  });
  await notices(() => appendFileSync(two, "# edited\n"));
});

test("A folder on the way that is a link may be turned, as mounted configurations do", async (t) => {
  const folder = folderOf(t);
  for (const name of ["v1", "v2"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "tools.yaml"), `tools: {} # ${name}\n`);
  }
  symlinkSync("v1", join(folder, "data"));
  symlinkSync("data/tools.yaml", join(folder, "tools.yaml"));
  const { notices } = await watching(t, join(folder, "tools.yaml"));
  await notices(() => {
    symlinkSync("v2", join(folder, "data.new"));
    renameSync(join(folder, "data.new"), join(folder, "data"));
  });
  await notices(() => appendFileSync(join(folder, "v2/tools.yaml"), "# edited\n"));
});

test("A file in a folder that does not exist yet is noticed when both come", async (t) => {
  const folder = folderOf(t);
  const { notices } = await watching(t, join(folder, "a/b/tools.yaml"));
  await notices(() => {
    mkdirSync(join(folder, "a/b"), { recursive: true });
    writeFileSync(join(folder, "a/b/tools.yaml"), "tools:\n");
  });
  await notices(() => appendFileSync(join(folder, "a/b/tools.yaml"), "# edited\n"));
});

test("A folder that is removed and made anew is watched again", async (t) => {
  const folder = join(folderOf(t), "config");
  const file = join(folder, "tools.yaml");
  mkdirSync(folder);
  writeFileSync(file, "tools:\n");
  const { notices } = await watching(t, file);
  await notices(() => rmSync(folder, { recursive: true }));
  await notices(() => {
    mkdirSync(folder);
    writeFileSync(file, "tools: {}\n");
  });
  await notices(() => appendFileSync(file, "# edited\n"));
});

test("A change of the mode counts, since it decides whether the file is trusted", async (t) => {
  const file = join(folderOf(t), "tools.yaml");
  writeFileSync(file, "tools:\n", { mode: 0o666 });
  const { notices } = await watching(t, file);
  await notices(() => chmodSync(file, 0o640));
});

test("Of two files both are watched", async (t) => {
  const folder = folderOf(t);
  const [one, two] = [join(folder, "one.yaml"), join(folder, "two.yaml")];
  writeFileSync(two, "tools:\n");
  const { notices } = await watching(t, one, two);
  await notices(() => writeFileSync(one, "tools:\n"));
  await notices(() => appendFileSync(two, "# edited\n"));
});

test("A burst of writes is one change, and other files in the folder are none", async (t) => {
  const folder = folderOf(t);
  const file = join(folder, "tools.yaml");
  writeFileSync(file, "tools:\n");
  const { notices, count } = await watching(t, file);
  await notices(() => {
    for (let index = 0; index < 50; index++) {
      appendFileSync(file, `# ${index}\n`);
      writeFileSync(join(folder, `other-${index}`), "x");
    }
  });
  assert.equal(count(), 1);
  await notices(() => unlinkSync(file));
  assert.equal(count(), 2);
});

test("Once closed it reports nothing and holds nothing", async (t) => {
  const folder = folderOf(t);
  const file = join(folder, "tools.yaml");
  writeFileSync(file, "tools:\n");
  await turn();
  await turn();
  const before = process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length;
  let count = 0;
  const watch = await watchConfig({ paths: [file], onChanged: () => (count += 1), onError: assert.ifError });
  appendFileSync(file, "# edited\n");
  await watch.close();
  // A closed handle is gone after the close phase of the loop, which comes after its immediates.
  await turn();
  await turn();
  assert.equal(process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length, before);
  assert.equal(count, 0);
});
