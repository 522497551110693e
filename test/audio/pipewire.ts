import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, watch, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";

/** PipeWire with WirePlumber for one test, without a sound card: a microphone that hears what the loudspeaker plays. */
export interface PipeWire extends AsyncDisposable {
  /** What a child, or the devices' functions, need in their environment. Nothing else is in it. */
  readonly env: Readonly<Record<string, string>>;
  readonly speaker: string;
  readonly source: string;
  /** Takes a device away, as when it is pulled out. */
  remove(name: string): Promise<void>;
}

export async function startPipeWire(): Promise<PipeWire> {
  const folder = await mkdtemp(join(tmpdir(), "pipe-tools-pipewire-"));
  const run = promisify(execFile);
  const children: ChildProcess[] = [];
  const env = { PATH: process.env["PATH"], HOME: folder, XDG_RUNTIME_DIR: folder, LC_ALL: "C" };
  const start = (program: string, ...args: string[]): ChildProcess => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "ignore"] });
    children.push(child);
    running.set(child, folder);
    return child;
  };
  const close = async (): Promise<void> => {
    for (const child of children.reverse()) {
      const ended = child.exitCode === null && child.signalCode === null && child.pid !== undefined ? once(child, "exit") : null;
      child.kill("SIGKILL");
      await ended;
      running.delete(child);
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await withoutHardware(folder);
    const socket = appears(folder, "pipewire-0");
    start("pipewire");
    await socket;
    const create = (facts: string): Promise<unknown> => run("pw-cli", ["create-node", "adapter", `{ factory.name=support.null-audio-sink object.linger=true ${facts} }`], { env });
    const news = start("stdbuf", "-o0", "pw-dump", "--monitor", "--no-colors").stdout!;
    const policy = until(news, env, (dump) => dump.includes('"WirePlumber [export]"'));
    start("wireplumber").stdout?.resume();
    await policy;
    const there = until(news, env, (dump) => ["monitor_FL", "input_MONO"].every((port) => dump.includes(`"${port}"`)) && /"default\.audio\.source"[^}]*"name": "microphone"/.test(dump));
    await create('node.name=microphone node.description="Microphone" media.class=Audio/Source/Virtual audio.position=[MONO] priority.session=2000');
    await create('node.name=speaker node.description="Loudspeaker" media.class=Audio/Sink audio.position=[FL,FR] monitor.channel-volumes=true');
    await there;
    await run("pw-link", ["speaker:monitor_FL", "microphone:input_MONO"], { env });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    env: { XDG_RUNTIME_DIR: folder, PIPEWIRE_RUNTIME_DIR: folder },
    speaker: "speaker",
    source: "microphone",
    remove: async (name) => void (await run("pw-cli", ["destroy", name], { env })),
    [Symbol.asyncDispose]: close,
  };
}

/** What was not closed, and its folder. */
const running = new Map<ChildProcess, string>();
process.on("exit", () => {
  for (const child of running.keys()) child.kill("SIGKILL");
  for (const folder of running.values()) rmSync(folder, { recursive: true, force: true });
});
if (process.env["NODE_TEST_CONTEXT"] !== undefined) process.on("SIGTERM", () => process.exit(1)); // so the test runner ends a file whose time is over

/** WirePlumber with its policy, and without whatever looks for real devices or needs D-Bus: for 0.4, and for 0.5. */
async function withoutHardware(folder: string): Promise<void> {
  const config = join(folder, ".config", "wireplumber");
  const files = {
    "main.lua.d/90-enable-all.lua": 'load_module("metadata")\ndevice_defaults.enable()\nstream_defaults.enable()\nload_script("intended-roles.lua")\n',
    "bluetooth.lua.d/90-enable-all.lua": "",
    "wireplumber.conf.d/no-hardware.conf": "wireplumber.profiles = { main = { hardware.audio = disabled, hardware.bluetooth = disabled, hardware.video-capture = disabled, support.dbus = disabled } }\n",
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(config, name, ".."), { recursive: true });
    await writeFile(join(config, name), text);
  }
}

async function appears(folder: string, name: string): Promise<void> {
  for await (const event of watch(folder)) if (event.filename === name) return;
}

/** Each change is a reason to look; what `pw-dump --monitor` prints of it cannot be relied on when it is not to a terminal. */
async function until(news: Readable, env: NodeJS.ProcessEnv, found: (dump: string) => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let [looking, again] = [false, false];
    const look = async (): Promise<void> => {
      again = true;
      if (looking) return;
      looking = true;
      while (again) {
        again = false;
        const { stdout } = await promisify(execFile)("pw-dump", ["--no-colors"], { env, maxBuffer: 1 << 24 });
        if (found(stdout)) return resolve(void news.off("data", onNews));
      }
      looking = false;
    };
    const onNews = (): void => void look().catch(reject);
    news.on("data", onNews);
  });
}
