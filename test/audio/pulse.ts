import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { promisify } from "node:util";

/** A PulseAudio server of a test's own, without a sound card: what is played into a sink can be heard at its microphone. */
export interface Pulse extends AsyncDisposable {
  /** What a child, or the devices' functions, need in their environment to play and record here. Nothing else is in it. */
  readonly env: Readonly<Record<string, string>>;
  /** The loudspeaker that is there from the start, and taken when none is named. */
  readonly speaker: string;
  /** A microphone that hears what `speaker` plays, and is taken when none is named. */
  readonly source: string;
  /** Adds a loudspeaker, and a microphone that hears it; resolves with the microphone's name. */
  sink(name: string): Promise<string>;
  /** Takes the loudspeaker away with its microphone, as when a headset is pulled out. */
  removeSink(name: string): Promise<void>;
  /** Any command of `pactl`; resolves with what it prints. */
  pactl(...args: string[]): Promise<string>;
  /** Resolves with the next line of the server's log that `found` accepts, as `Created input 0`. */
  told(found: RegExp): Promise<string>;
  close(): Promise<void>;
}

export async function startPulse(): Promise<Pulse> {
  const folder = await mkdtemp(join(tmpdir(), "pipe-tools-pulse-"));
  const socket = join(folder, "socket");
  // PipeWire, where it runs, would come first and be the user's own.
  const env = { PULSE_SERVER: `unix:${socket}`, PULSE_COOKIE: join(folder, "cookie"), PIPEWIRE_REMOTE: join(folder, "no-pipewire") };
  const { daemon, log } = await startDaemon(folder, socket);
  const pactl = async (...args: string[]): Promise<string> => (await promisify(execFile)("pactl", args, { env: { ...process.env, ...env, LC_ALL: "C" } })).stdout.trim();
  const modules = new Map<string, string[]>();
  const pulse: Pulse = {
    env,
    speaker: "speaker",
    source: "speaker-microphone",
    async sink(name) {
      const microphone = `${name}-microphone`;
      // Without norewinds the sink takes back what it has played already, and its monitor hears it twice.
      const sink = await pactl("load-module", "module-null-sink", `sink_name=${name}`, "norewinds=1", `sink_properties=device.description="Loudspeaker_${name}"`);
      const source = await pactl("load-module", "module-remap-source", `source_name=${microphone}`, `master=${name}.monitor`, `source_properties=device.description="Microphone_${name}"`);
      modules.set(name, [source, sink]);
      return microphone;
    },
    async removeSink(name) {
      for (const module of modules.get(name) ?? []) await pactl("unload-module", module);
      modules.delete(name);
    },
    pactl,
    told: (found) => new Promise((resolve) => {
      const look = (line: string): void => {
        if (!found.test(line)) return;
        log.off("line", look);
        resolve(line);
      };
      log.on("line", look);
    }),
    async close() {
      const ended = daemon.exitCode === null && daemon.signalCode === null ? once(daemon, "exit") : null;
      daemon.kill("SIGTERM");
      await ended;
      running.delete(daemon);
      await rm(folder, { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: () => pulse.close(),
  };
  await pulse.sink(pulse.speaker);
  await pactl("set-default-sink", pulse.speaker);
  await pactl("set-default-source", pulse.source);
  return pulse;
}

/** What was not closed, and its folder. */
const running = new Map<ChildProcess, string>();
process.on("exit", () => {
  for (const [daemon, folder] of running) {
    daemon.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});
if (process.env["NODE_TEST_CONTEXT"] !== undefined) process.on("SIGTERM", () => process.exit(1)); // so the test runner ends a file whose time is over

/** Resolves when it answers. `-n`: it loads nothing of the user's, no real device either. */
async function startDaemon(folder: string, socket: string): Promise<{ daemon: ChildProcess; log: Interface }> {
  const env = { PATH: process.env["PATH"], HOME: folder, XDG_RUNTIME_DIR: folder, LC_ALL: "C" };
  const args = ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes", "--log-target=stderr", "--log-level=info"];
  const daemon = spawn("pulseaudio", [...args, "-L", `module-native-protocol-unix socket=${socket} auth-anonymous=1`], { env, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  running.set(daemon, folder);
  const said: string[] = [];
  const lines = createInterface({ input: daemon.stderr });
  let look: (line: string) => void = () => undefined;
  await new Promise<void>((resolve, reject) => {
    daemon.once("error", reject);
    lines.on("line", (look = (line) => {
      said.push(line);
      if (line.includes("startup complete")) resolve();
    }));
    lines.once("close", () => reject(new Error(`pulseaudio has ended: ${said.join("\n")}`)));
  }).catch(async (error: unknown) => {
    running.delete(daemon);
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  lines.off("line", look);
  return { daemon, log: lines };
}
