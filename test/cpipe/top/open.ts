import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readRegistry } from "../../../pipes/client/registry.ts";
import type { RegistryEntry } from "../../../pipes/protocol/registry.ts";
import { Place, program, root, says } from "../program.ts";
import { Tmux } from "../terminal/tmux.ts";

/** Folders of its own with a tools.yaml in them, daemons for it, and terminals that show the dashboard. */
export class Home {
  readonly place = new Place();
  readonly config: string;
  readonly #daemons = new Set<ChildProcess>();
  readonly #terminals: Tmux[] = [];

  constructor(yaml: string) {
    const folder = join(String(this.place.env["XDG_CONFIG_HOME"]), "pipe-tools");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    mkdirSync(join(this.place.root, "home"));
    this.config = join(folder, "tools.yaml");
    this.write(yaml);
  }

  write(yaml: string): void {
    writeFileSync(this.config, yaml, { mode: 0o600 });
  }

  /** A daemon that is ready. */
  async start(): Promise<ChildProcess> {
    const daemon = spawn(process.execPath, [join(root, "dist/daemon/main.js"), "--foreground"], { env: this.place.env, stdio: ["ignore", "pipe", "inherit"] });
    this.#daemons.add(daemon);
    daemon.once("exit", () => this.#daemons.delete(daemon));
    await says(daemon.stdout, "ready");
    return daemon;
  }

  /** A terminal with the dashboard in it, and what is said after that has ended. */
  open({ args = "", env = {}, columns = 80, rows = 24 } = {}): Tmux {
    const line = `cd "$HOME"; "${process.execPath}" "${program}" ${args}; echo "code $?"; stty -a | grep -o -- '-*icanon'; exec cat`;
    const tmux = new Tmux(this.place.root, line, { ...this.place.env, ...env }, columns, rows);
    this.#terminals.push(tmux);
    return tmux;
  }

  entry(name: string): RegistryEntry | undefined {
    return readRegistry(join(String(this.place.env["XDG_RUNTIME_DIR"]), "pipe-tools/registry.json"))?.tools[name];
  }

  async close(): Promise<void> {
    for (const tmux of this.#terminals) await tmux.close();
    for (const daemon of this.#daemons) if (daemon.kill("SIGTERM")) await once(daemon, "exit");
    await this.place.close();
  }
}

/** A home, a daemon in it and a terminal that shows its tools; gone with the test. */
export async function fleet(t: { after(fn: () => Promise<void>): void }, yaml: string, options: Parameters<Home["open"]>[0] = {}): Promise<{ home: Home; tmux: Tmux; daemon: ChildProcess }> {
  const home = new Home(yaml);
  t.after(() => home.close());
  const daemon = await home.start();
  return { home, daemon, tmux: home.open(options) };
}
