import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { groupEmpty, whenGroupEmpty } from "../../../daemon/worker/group.ts";
import type { Registry } from "../../../pipes/protocol/registry.ts";
import { makeWorld } from "../../harness.ts";
import { assertNothingLeft, configure, QUICK, registryOf, startDaemon, vanished } from "../daemon.ts";

const yaml = (orphanAfter: string): string => `${QUICK}orphanAfter: ${orphanAfter}\ntools:\n  echo: {server: echo}\n`;
const guardianOf = (registry: Registry): number => registry.daemon.guardian?.pid ?? assert.fail("it has no guardian");

describe("the workers of a daemon that was killed", () => {
  it("are ended when none comes back in time, and nothing is left of them", async () => {
    const world = makeWorld();
    const daemon = await startDaemon(world, yaml("1s"));
    const { pid } = await daemon.ready("echo");
    const guardian = guardianOf(daemon.registry());
    const gone = vanished(registryOf(world));
    await daemon.crash();
    assert.equal(groupEmpty(pid), false);
    await gone;
    await whenGroupEmpty(guardian);
    const { reason, ended } = await daemon.log.line(({ msg }) => msg === "ended the workers of a daemon that was killed");
    assert.deepEqual([reason, ended], ["no daemon has come back within 1 s", [pid]]);
    assertNothingLeft(world);
    await world.close();
  });

  it("are left to the next daemon, which sends the guardian of the one before home", async () => {
    const world = makeWorld();
    const first = await startDaemon(world, yaml("1h"));
    const { pid } = await first.ready("echo");
    const guardian = guardianOf(first.registry());
    await first.crash();
    assert.equal(groupEmpty(guardian), false);
    const second = await startDaemon(world, null);
    assert.equal((await second.ready("echo")).pid, pid);
    await whenGroupEmpty(guardian);
    const next = guardianOf((await second.settled()));
    await second.stop();
    assert.ok(groupEmpty(next), "none is left after a stop");
    await world.close();
  });
});

describe("orphanAfter", () => {
  it("takes effect at a reload, and needs no guardian when it is never", async () => {
    const world = makeWorld();
    const daemon = await startDaemon(world, yaml("never"));
    await daemon.ready("echo");
    assert.equal(daemon.registry().daemon.guardian, undefined);
    configure(world, yaml("1h"));
    const first = guardianOf(await daemon.settled(({ daemon: { guardian } }) => guardian !== undefined));
    configure(world, yaml("2h"));
    const second = guardianOf(await daemon.settled(({ daemon: { guardian } }) => guardian !== undefined && guardian.pid !== first));
    assert.deepEqual([first, second].map(groupEmpty), [true, false]);
    configure(world, yaml("never"));
    await daemon.settled(({ daemon: { guardian } }) => guardian === undefined);
    assert.ok(groupEmpty(second));
    await daemon.stop();
    await world.close();
  });
});
