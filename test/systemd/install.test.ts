import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { makeWorld, root, type World } from "../harness.ts";
import { assertNothingLeft, configure, launchDaemon, QUICK, vanished, workersOf } from "../daemon/daemon.ts";
import { type Manager, startManager, whyNoManager } from "./manager.ts";
import { control, dropIn, leftNothing, mainPid, ready, unitFolder } from "./service.ts";

const why = whyNoManager();
const checkout = join(root, "dist/cpipe.cjs");

describe("cpipe --install-service with a real systemd", { skip: why === null ? false : `no user manager can be started: ${why}` }, () => {
  it("makes a service of the daemon that starts with the session; --uninstall-service leaves nothing of it", async (t) => {
    const { world, manager, cpipe } = await begin(t);
    const unit = join(unitFolder(world), "pipe-tools.service");
    const told = await cpipe(checkout, "--install-service");
    await ready(world, "echo");
    const main = await manager.property("MainPID");
    assert.ok(told.startsWith(`${unit} was written.\nThe daemon runs as a service of yours (pid ${main}).\n`), told);
    assert.equal((await manager.systemctl("is-enabled", "pipe-tools")).trim(), "enabled");
    assert.ok((await cpipe(checkout, "--install-service")).startsWith(`${unit} is as it should be.\nThe daemon runs as a service of yours (pid ${main}).\n`));

    await manager.systemctl("stop", "pipe-tools");
    assertNothingLeft(world);
    await manager.systemctl("start", "default.target");
    await ready(world, "echo");

    assert.match(await cpipe(checkout, "--uninstall-service"), /^The daemon and its tools were stopped\. /);
    assertNothingLeft(world);
    assert.deepEqual([existsSync(unit), await manager.property("LoadState")], [false, "not-found"]);
    assert.equal(await cpipe(checkout, "--uninstall-service"), `There is no ${unit}; nothing had to be done.\n`);
    await leftNothing(world, manager);
  });

  it("takes the place of an installation elsewhere when it is asked to, and works from a global one", async (t) => {
    const { world, manager, cpipe } = await begin(t);
    const { bin, main } = installGlobally(world);
    await cpipe(checkout, "--install-service");
    assert.match(await cpipe(bin, "--install-service"), /was brought up to date\.\nThe daemon goes on as it was started/);
    await manager.systemctl("restart", "pipe-tools");
    await ready(world, "echo");
    assert.ok((await manager.property("ExecStart")).includes(main));
    await cpipe(bin, "--uninstall-service");
    await leftNothing(world, manager);
  });

  it("starts nothing while a daemon runs in a terminal, and removes nothing of that one's", async (t) => {
    const { world, manager, cpipe } = await begin(t);
    const daemon = launchDaemon(world);
    await daemon.line((line) => /echo +ready/.test(line));
    assert.match(await cpipe(checkout, "--install-service"), new RegExp(`not the service's \\(pid ${daemon.pid}\\)`));
    assert.deepEqual([await manager.property("ActiveState"), (await manager.systemctl("is-enabled", "pipe-tools")).trim()], ["inactive", "enabled"]);
    assert.match(await cpipe(checkout, "--uninstall-service"), /^The service was not running\. /);
    assert.equal((await control(world, (client) => client.call("ping"))).event, "pong");
    await daemon.kill();
    await leftNothing(world, manager);
  });

  it("is installed again after systemd has given up, and removed with what the last daemon left", async (t) => {
    const { world, manager, cpipe } = await begin(t);
    const flag = join(world.folder, "not-given-up");
    writeFileSync(join(unitFolder(world), "given-up.service"), `[Service]\nType=oneshot\nExecStart=rm ${flag}\n`);
    dropIn(world, "[Unit]\nStartLimitBurst=1\nOnFailure=given-up.service");
    await cpipe(checkout, "--install-service");
    await ready(world, "echo");
    for (const next of ["--install-service", "--uninstall-service"]) {
      writeFileSync(flag, "");
      process.kill(await mainPid(manager), "SIGKILL");
      await vanished(flag);
      assert.equal(workersOf(world).length, 1, "its worker goes on");
      await cpipe(checkout, next);
      if (next === "--install-service") await ready(world, "echo");
    }
    await leftNothing(world, manager);
  });
});

async function begin(t: Parameters<typeof startManager>[0]): Promise<{ world: World; manager: Manager; cpipe: (program: string, ...args: string[]) => Promise<string> }> {
  const world = makeWorld();
  const manager = await startManager(t, world);
  mkdirSync(unitFolder(world), { recursive: true });
  configure(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
  process.env["XDG_RUNTIME_DIR"] = world.env["XDG_RUNTIME_DIR"]; // where clients look for the registry
  const cpipe = async (program: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await manager.run(program, args, { SUDO_UID: undefined });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    return stdout;
  };
  return { world, manager, cpipe };
}

/** As `npm install --global` lays it out: the package's files in one folder, a link to its program in another. */
function installGlobally(world: World): { bin: string; main: string } {
  const home = join(world.folder, "prefix/lib/node_modules/pipe-tools");
  for (const part of ["dist", "config", "systemd", "launchd", "package.json"]) cpSync(join(root, part), join(home, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
  const bin = join(world.folder, "prefix/bin/cpipe");
  mkdirSync(join(world.folder, "prefix/bin"));
  symlinkSync("../lib/node_modules/pipe-tools/dist/cpipe.cjs", bin);
  return { bin, main: join(home, "dist/daemon/main.js") };
}
