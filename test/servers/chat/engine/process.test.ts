import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../../temporary.ts";
import { slowModel, startEngine, user } from "../fixtures.ts";

const long = "zebra crossing again and again. ".repeat(110);

describe("with a model that takes its time", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let path: string;
  before(async () => {
    folder = await temporaryFolder();
    path = await folder.write("slow.gguf", slowModel());
  });
  after(() => folder[Symbol.asyncDispose]());

  test("a request that is cancelled while its prompt is evaluated frees its place within a moment", async () => {
    await using engine = startEngine(path, { parallel: 1, contextSize: 4096 });
    await engine.load();
    const moments: number[] = [];
    for (const word of ["one", "two", "three"]) {
      const cancel = new AbortController();
      const cancelled = engine.generate({ messages: [user(word + long)] }, { signal: cancel.signal, onToken: () => assert.fail("the prompt was too short for this test") });
      // Long enough to be in the middle of the prompt, whose evaluation takes seconds.
      const timer = setTimeout(() => cancel.abort(), 400);
      await assert.rejects(cancelled, { code: "cancelled" });
      clearTimeout(timer);
      const begun = performance.now();
      await engine.generate({ messages: [user("hi")], maxTokens: 1 });
      moments.push(performance.now() - begun);
    }
    const [, median] = moments.sort((a, b) => a - b);
    assert.ok(median! < 500, `the next request was answered after ${moments.map(Math.round).join(", ")} ms`);
  });

  test("the event loop of the server stays free while the engine starts, loads, reads a prompt and talks", async () => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await using engine = startEngine(path, { parallel: 1, contextSize: 4096 });
    await engine.load();
    await engine.generate({ messages: [user(long.slice(0, 1000))], maxTokens: 50 });
    delay.disable();
    assert.ok(delay.percentile(99) / 1e6 < 50, `99 % of turns were within ${delay.percentile(99) / 1e6} ms`);
  });

  for (const moment of ["loading", "working"]) {
    test(`the engine is gone after its server was killed, although it was ${moment}`, async () => {
      const holder = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), fileURLToPath(new URL("./holder.ts", import.meta.url)), path, long], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      for await (const line of createInterface(holder.stdout)) {
        const [said, pid] = line.split(" ");
        if (said !== moment) continue;
        holder.kill("SIGKILL");
        await once(holder, "exit");
        await gone(Number(pid));
        break;
      }
    });
  }
});

/** The end of a process that is not our child is no event for us, so this looks. */
async function gone(pid: number): Promise<void> {
  const deadline = performance.now() + 5000;
  while (isThere(pid)) {
    assert.ok(performance.now() < deadline, `process ${pid} is still there`);
    await sleep(10);
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
