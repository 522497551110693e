import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestContext } from "node:test";
import { receiver } from "../daemon/systemd/receiver.ts";
import type { World } from "../harness.ts";

/** A real user manager in a world of its own. */
export interface Manager {
  /** Runs `systemctl --user` and asserts that it ends well; what it printed. */
  systemctl(...args: string[]): Promise<string>;
  /** One property of the service. */
  property(name: string): Promise<string>;
  /** Runs a program where this systemd is the machine's. */
  run(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran>;
  /** Ends it and every process that it has started. */
  close(): Promise<void>;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SYSTEMD = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].find((path) => existsSync(path));

/** Why no user manager can be started here; null where one can. */
export function whyNoManager(): string | null {
  if (process.platform !== "linux") return `there is no systemd for ${process.platform}`;
  if (SYSTEMD === undefined || spawnSync("systemctl", ["--version"]).status !== 0) return "systemd is not installed";
  if (process.getuid?.() !== 0) return "only root can give systemd control groups of its own";
  const mount = 'mount -t cgroup2 none /mnt && mkdir "/mnt/pipe-tools-probe-$$" && rmdir "/mnt/pipe-tools-probe-$$"';
  const { status, error, stderr } = spawnSync("unshare", ["--mount", "--cgroup", "--propagation", "private", "sh", "-c", mount], { encoding: "utf8" });
  return status === 0 ? null : `root may not make control groups here: ${error?.message ?? stderr.trim()}`;
}

export async function startManager(t: Pick<TestContext, "after">, world: World): Promise<Manager> {
  mkdirSync(world.env["XDG_RUNTIME_DIR"] ?? assert.fail(), { mode: 0o700 });
  const notify = join(world.folder, "manager.sock");
  const notices = await receiver(t, notify);
  const script = fileURLToPath(new URL("../fixtures/systemd.sh", import.meta.url));
  const child = spawn("unshare", ["--mount", "--propagation", "private", "sh", script, world.folder], { env: { ...world.env, SYSTEMD, NOTIFY_SOCKET: notify }, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  const { value: first } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const pid = /^pid (\d+)$/.exec(String(first))?.[1] ?? assert.fail("systemd was not started");
  await notices.next((text) => text.includes("READY=1"));
  const run: Manager["run"] = (program, args, env = {}) =>
    new Promise((resolve) => {
      const options = { env: { ...world.env, ...env } };
      execFile("nsenter", ["--target", pid, "--mount", program, ...args], options, (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }));
    });
  const systemctl: Manager["systemctl"] = async (...args) => {
    const { code, stdout, stderr } = await run("systemctl", ["--user", "--no-pager", ...args]);
    assert.equal(code, 0, `systemctl ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  };
  const close = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  t.after(close);
  return {
    systemctl,
    property: async (name) => (await systemctl("show", "--value", `--property=${name}`, "pipe-tools.service")).trim(),
    run,
    close,
  };
}
