import assert from "node:assert/strict";
import { test } from "node:test";
import { BATCH, Writer } from "../../../../servers/vector/store/writer.ts";

/** Notes what was written together. */
function noting(fail: (item: string) => boolean = () => false): { writer: Writer<string>; written: string[][] } {
  const written: string[][] = [];
  const writer = new Writer<string>(async (items) => {
    const wrong = items.find(fail);
    if (wrong !== undefined) throw new Error(`not ${wrong}`);
    written.push([...items]);
  });
  return { writer, written };
}

test("What comes at the same time is written together, in its order", async () => {
  const { writer, written } = noting();
  await Promise.all(["a", "b", "c"].map((item) => writer.add([item])));
  assert.deepEqual(written, [["a", "b", "c"]]);
});

test("What comes while something is written waits, and is written together after that", async () => {
  const written: string[][] = [];
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let begun!: () => void;
  const writing = new Promise<void>((resolve) => (begun = resolve));
  const writer = new Writer<string>(async (items) => {
    begun();
    await gate;
    written.push([...items]);
  });
  const first = writer.add(["a"]);
  await writing;
  const rest = ["b", "c"].map((item) => writer.add([item]));
  open();
  await Promise.all([first, ...rest]);
  assert.deepEqual(written, [["a"], ["b", "c"]]);
});

test("No transaction has more rows than fit between two searches, and a request's rows stay together", async () => {
  const { writer, written } = noting();
  const half = Array.from({ length: BATCH / 2 + 1 }, (_, i) => String(i));
  await Promise.all([writer.add(half), writer.add(half), writer.add(["x"])]);
  assert.deepEqual(written.map((items) => items.length), [half.length, half.length + 1]);
});

test("An item to blame fails alone; those that were to be written with it are written", async () => {
  const { writer, written } = noting((item) => item === "bad");
  const done = await Promise.allSettled([writer.add(["a"]), writer.add(["bad"]), writer.add(["c"])]);
  assert.deepEqual(done.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.match(String((done[1] as PromiseRejectedResult).reason), /not bad/);
  assert.deepEqual(written, [["a"], ["c"]]);
});

test("A change that goes alone comes after what was asked for before it and before what was asked for later, and gives its result", async () => {
  const { writer, written } = noting();
  const changes = [writer.add(["a"]), writer.alone(() => (written.push(["alone"]), 42)), writer.add(["b"])];
  assert.deepEqual(await Promise.all(changes), [undefined, 42, undefined]);
  assert.deepEqual(written, [["a"], ["alone"], ["b"]]);
});

test("A change that fails alone fails for the one who asked, and nobody else", async () => {
  const { writer, written } = noting();
  const failed = writer.alone(() => Promise.reject(new Error("a full disk")));
  const after = writer.add(["a"]);
  await assert.rejects(failed, /a full disk/);
  await after;
  assert.deepEqual(written, [["a"]]);
});

test("It is idle when all is written, and at once when nothing was asked for", async () => {
  const { writer, written } = noting();
  await writer.idle();
  const added = writer.add(["a"]);
  await writer.idle();
  assert.deepEqual(written, [["a"]]);
  await added;
});
