import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { makeWorld, root } from "../harness.ts";
import { rawClient } from "../raw.ts";
import { configure, QUICK, startDaemon, type Supervised } from "./daemon.ts";

const stubborn = join(root, "test/fixtures/tools/stubborn.mjs");
const yamlOf = (settings: string): string => `${QUICK}tools:\n  tool: {module: ${stubborn}, settings: {${settings}}}\n`;

describe("a change of settings that needs another process", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, yamlOf("round: 0"));
    await daemon.ready("tool");
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("has the new worker ready before the old one leaves; clients at full rate see no error", async (t) => {
    const laned = await ToolClient.connect("tool", { folder: world.pipes });
    const raw = rawClient(world, "tool", process.ppid);
    await raw.subscribe();
    const over = new AbortController();
    const pids = new Set<unknown>();
    let longest = 0;
    let calls = 0;
    const full = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const began = performance.now();
        pids.add((await laned.call("whoami"))["pid"]);
        longest = Math.max(longest, performance.now() - began);
        calls++;
      }
    };
    let rawLongest = 0;
    const upstreamLike = async (): Promise<void> => {
      for (let id = 0; !over.signal.aborted; id++) {
        const began = performance.now();
        raw.send({ cmd: "whoami", req_id: id });
        const answer = await raw.next(({ req_id }) => req_id === id);
        assert.notEqual(answer["event"], "error", JSON.stringify(answer));
        rawLongest = Math.max(rawLongest, performance.now() - began);
        calls++;
      }
    };
    const load = Promise.all([full(), full(), full(), upstreamLike()]);
    const seen = [(await daemon.ready("tool")).pid];
    for (const round of [1, 2, 3]) {
      const switched = daemon.log.next(({ msg }) => msg === "the change is in force");
      configure(world, yamlOf(`round: ${round}`));
      await switched;
      const { pid } = await daemon.until("tool", ({ phase, pid, beside }) => phase === "ready" && pid !== seen.at(-1) && beside === undefined);
      seen.push(pid as number);
    }
    over.abort();
    await load;
    assert.deepEqual(pids, new Set(seen));
    t.diagnostic(`${calls} calls; longest ${longest.toFixed(1)} ms with a lane, ${rawLongest.toFixed(1)} ms without`);
    await laned.close();
    raw.close();
  });
});
