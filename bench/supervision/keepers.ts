import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What is kept running: its name, its command line, and what tools.yaml says of it. */
export interface Kept {
  readonly name: string;
  readonly argv: readonly string[];
  readonly yaml: string;
}

/** A supervisor that runs. */
export interface Keeping {
  /** The first of its own processes. */
  readonly pid: number;
  end(): Promise<void>;
}

export interface Keeper {
  readonly title: string;
  /** The program that has to be on the PATH. */
  readonly needs: string | null;
  /** `folder` is its own, and empty. What it keeps need not run yet when this resolves. */
  begin(folder: string, tools: readonly Kept[]): Promise<Keeping>;
}

// Where this is bundled to: dist/bench/main.js.
export const source = (path: string): string => fileURLToPath(new URL(`../../bench/supervision/${path}`, import.meta.url));
export const built = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const KEEPERS: Readonly<Record<string, Keeper>> = {
  floor: {
    title: "ten lines of Node (the floor)",
    needs: null,
    begin: (folder, tools) => {
      writeFileSync(join(folder, "tools.json"), JSON.stringify(tools.map(({ argv }) => argv)));
      return keep(process.execPath, [source("floor.mjs"), join(folder, "tools.json")]);
    },
  },
  ours: {
    title: "pipe-tools",
    needs: null,
    begin: (folder, tools) => {
      // Each death is the first one: what is measured is not the pause that grows.
      const policy = "defaults: {restart: {healthyAfter: 100ms, limit: {count: 1000, window: 1s}}}";
      writeFileSync(join(folder, "tools.yaml"), `${policy}\ntools:\n${tools.map(({ name, yaml }) => `  ${name}: ${yaml}\n`).join("")}`, { mode: 0o600 });
      // With the flag of the unit and of `npm start`.
      const places = ["RUNTIME_DIR", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME", "DATA_HOME"].map((place) => [`XDG_${place}`, folder]);
      return keep(process.execPath, ["--max-semi-space-size=1", built("daemon/main.js"), "--config", join(folder, "tools.yaml")], { ...Object.fromEntries(places), PIPE_TOOLS_PIPES: pipesOf(folder) });
    },
  },
  runit: { title: "runit", needs: "runsvdir", begin: (folder, tools) => keep("runsvdir", [serviceFolders(folder, tools)]) },
  s6: {
    title: "s6",
    needs: "s6-svscan",
    begin: (folder, tools) => {
      // It restarts at once only what has said that it is ready.
      const services = serviceFolders(folder, tools, "echo >&3\nexec 3>&-\n");
      for (const { name } of tools) writeFileSync(join(services, name, "notification-fd"), "3\n");
      return keep("s6-svscan", ["-c", "1000", services]);
    },
  },
  supervisord: {
    title: "supervisord",
    needs: "supervisord",
    begin: (folder, tools) => {
      const settings = "autorestart=true\nstartsecs=0\nstopsignal=KILL\nstdout_logfile=NONE\nstderr_logfile=NONE\n";
      const programs = tools.map(({ name, argv }) => `[program:${name}]\ncommand=${argv.join(" ")}\n${settings}`);
      writeFileSync(join(folder, "supervisord.conf"), `[supervisord]\nlogfile=${folder}/log\npidfile=${folder}/pid\nchildlogdir=${folder}\n${programs.join("")}`);
      return keep("supervisord", ["-n", "-c", join(folder, "supervisord.conf")]);
    },
  },
  pm2: {
    title: "pm2",
    needs: "pm2",
    begin: async (folder, tools) => {
      const env = { ...process.env, PM2_HOME: folder };
      const apps = tools.map(({ name, argv: [script, ...args] }) => ({ name, script, args, interpreter: "none", out_file: "/dev/null", error_file: "/dev/null" }));
      writeFileSync(join(folder, "tools.json"), JSON.stringify({ apps }));
      await once(spawn("pm2", ["start", join(folder, "tools.json"), "--silent"], { env, stdio: "ignore" }), "close");
      return { pid: Number(readFileSync(join(folder, "pm2.pid"), "utf8")), end: async () => void (await once(spawn("pm2", ["kill"], { env, stdio: "ignore" }), "close")) };
    },
  },
};

export function isInstalled({ needs }: Keeper): boolean {
  return needs === null || (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, needs)));
}

/** Where the tools of a keeper have their pipes. */
export function pipesOf(folder: string): string {
  const pipes = join(folder, "pipes");
  mkdirSync(pipes, { recursive: true });
  return pipes;
}

/** One folder a service, with a program `run` in it. */
function serviceFolders(folder: string, tools: readonly Kept[], before = ""): string {
  const services = join(folder, "services");
  for (const { name, argv } of tools) {
    mkdirSync(join(services, name), { recursive: true });
    writeFileSync(join(services, name, "run"), `#!/bin/sh\n${before}exec ${argv.join(" ")}\n`, { mode: 0o755 });
  }
  return services;
}

async function keep(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Keeping> {
  const child: ChildProcess = spawn(program, args, { env: { ...process.env, ...env }, stdio: "ignore" });
  await once(child, "spawn");
  const pid = child.pid as number;
  return {
    pid,
    async end() {
      const gone = once(child, "exit");
      child.kill(program === "runsvdir" ? "SIGHUP" : "SIGTERM"); // which is how runsvdir takes its services with it
      await gone;
    },
  };
}

