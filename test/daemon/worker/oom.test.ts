import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryWitness, oomKills } from "../../../daemon/worker/oom.ts";

const killed = { pid: 7, code: null, signal: "SIGKILL" };
const atKills = (...counts: Array<number | null>): MemoryWitness => {
  const witness = new MemoryWitness(() => counts.shift() ?? null);
  witness.begin(7);
  return witness;
};

test("a SIGKILL of nobody's, after the kernel has ended a process for want of memory, is taken for one of the kernel's", () => {
  assert.equal(atKills(3, 4).evidence(killed, []), "the kernel has ended a process for want of memory since it was started");
});

test("a SIGKILL is not, while the kernel has ended none, when it was ours, of a process that we did not start, or where the kernel does not tell", () => {
  assert.equal(atKills(3, 3).evidence(killed, []), null);
  const ours = atKills(3, 4);
  ours.signalled(7, "SIGTERM");
  ours.signalled(7, "SIGKILL");
  assert.equal(ours.evidence(killed, []), null);
  assert.equal(atKills(3, 4).evidence({ ...killed, pid: 8 }, []), null);
  assert.equal(atKills(null, null).evidence(killed, []), null);
  assert.equal(atKills(3, 4).evidence({ pid: 7, code: null, signal: "SIGSEGV" }, []), null);
});

test("what a program says of its memory counts, whatever ended it, unless it ended well", () => {
  const words = [
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "MemoryError: Unable to allocate 7.45 GiB for an array",
    "memory allocation of 8589934592 bytes failed",
  ];
  for (const line of words) assert.notEqual(atKills(0).evidence({ pid: 7, code: 1, signal: null }, ["something else", line]), null, line);
  assert.equal(atKills(0).evidence({ pid: 7, code: 0, signal: null }, words), null);
  assert.equal(atKills(0).evidence({ pid: 7, code: 1, signal: null }, ["TypeError: the model has no memory"]), null);
});

test("this system tells how many processes it has ended so", { skip: process.platform !== "linux" && "only Linux counts them" }, () => {
  assert.ok((oomKills() ?? -1) >= 0);
});
