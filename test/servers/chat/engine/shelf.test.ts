import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Shelf, type ShelfOptions, type Storable } from "../../../../servers/chat/engine/shelf.ts";
import { temporaryFolder } from "../../../temporary.ts";

/** A context of numbers, whose files have a byte for each. */
class Slot implements Storable<number> {
  contextTokens: number[] = [];
  readonly #fail: boolean;
  loads = 0;

  constructor(fail = false) {
    this.#fail = fail;
  }

  async saveStateToFile(path: string): Promise<{ fileSize: number }> {
    await writeFile(path, Buffer.alloc(this.contextTokens.length, this.contextTokens[0]));
    if (this.#fail) throw new Error("no space left");
    return { fileSize: this.contextTokens.length };
  }

  async loadStateFromFile(): Promise<void> {
    this.loads += 1;
  }
}
const conversation = (of: number, length = 200): number[] => Array.from({ length }, () => of);
const sharedWith = (prompt: readonly number[]) => (tokens: readonly number[]) => {
  const at = prompt.findIndex((token, place) => tokens[place] !== token);
  return at < 0 ? prompt.length : at;
};

async function opened(options: ShelfOptions): Promise<Shelf<number>> {
  const shelf = await Shelf.open<number>(options);
  assert.ok(shelf !== null);
  return shelf;
}

describe("a shelf of conversations", () => {
  test("is none where there can be no folder, and says so", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("parked", "");
    const warned = once(process, "warning");
    assert.equal(await Shelf.open({ folder: join(file, "chat.1"), bytes: 1000, bytesPerToken: 1 }), null);
    assert.match(String((await warned)[0]), /no conversation can be kept in .*ENOTDIR/);
  });

  test("keeps what a slot would lose, and gives it back to the prompt that goes on with it", async () => {
    await using folder = await temporaryFolder();
    const shelf = await opened({ folder: join(folder.path, "parked"), bytes: 1000, bytesPerToken: 1 });
    const slot = new Slot();
    slot.contextTokens = conversation(1);
    await shelf.exchange(slot, sharedWith(conversation(2)));
    slot.contextTokens = conversation(2);
    assert.equal(slot.loads, 0);
    await shelf.exchange(slot, sharedWith(conversation(1, 210)));
    assert.equal(slot.loads, 1);
    assert.equal((await readdir(join(folder.path, "parked"))).length, 1, "the one that was read back is gone, the other is kept");
  });

  test("leaves alone what is short, and what goes on in its own slot", async () => {
    await using folder = await temporaryFolder();
    const shelf = await opened({ folder: join(folder.path, "parked"), bytes: 1000, bytesPerToken: 1 });
    const slot = new Slot();
    slot.contextTokens = conversation(1, 50);
    await shelf.exchange(slot, sharedWith(conversation(2)));
    slot.contextTokens = conversation(2);
    await shelf.exchange(slot, sharedWith(conversation(2, 300)));
    assert.deepEqual(await readdir(join(folder.path, "parked")), []);
  });

  test("begins empty, never has more than it may, and does not even write what could not stay", async () => {
    await using folder = await temporaryFolder();
    const parked = join(folder.path, "parked");
    await mkdir(parked);
    await writeFile(join(parked, "of-another-run.kv"), "x");
    const shelf = await opened({ folder: parked, bytes: 500, bytesPerToken: 1 });
    const slot = new Slot();
    for (const of of [1, 2, 3, 4]) {
      slot.contextTokens = conversation(of);
      await shelf.exchange(slot, sharedWith(conversation(9)));
    }
    assert.equal((await readdir(parked)).length, 2);
    slot.contextTokens = conversation(5, 600);
    await shelf.exchange(slot, sharedWith(conversation(9)));
    assert.equal((await readdir(parked)).length, 2);
    await shelf.exchange(slot, sharedWith(conversation(1)));
    assert.equal(slot.loads, 0);
  });

  test("warns where nothing can be written, and leaves no half a file", async () => {
    await using folder = await temporaryFolder();
    const parked = join(folder.path, "parked");
    const shelf = await opened({ folder: parked, bytes: 500, bytesPerToken: 1 });
    const slot = new Slot(true);
    slot.contextTokens = conversation(1);
    const warned = once(process, "warning");
    await shelf.exchange(slot, sharedWith(conversation(2)));
    const [warning] = (await warned) as [Error];
    assert.match(warning.message, /could not be kept in .*: no space left/);
    assert.deepEqual(await readdir(parked), []);
  });
});
