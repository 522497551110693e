import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Resolves when what nobody refers to any more is gone, with what it had of the system. It takes as long as the heap is large. */
export async function collectGarbage(): Promise<void> {
  collect ??= makeCollect();
  await turn(); // what is on the stack is referred to
  collect();
  await turn(); // finalizers of native objects have a turn of their own
}

let collect: (() => void) | null = null;

function makeCollect(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
