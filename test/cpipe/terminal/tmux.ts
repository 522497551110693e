import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PATIENCE_MS = 15_000;
const CONFIG = "set -g status off\nset -s set-clipboard on\nset -s escape-time 0\n";

/**
 * A real terminal of a given size, seen by a test: tmux on a socket of its own, in control mode, where it tells of everything
 * that is written into it, so that nothing has to be looked at again and again.
 */
export class Tmux {
  readonly #env: NodeJS.ProcessEnv;
  readonly #client: ChildProcess;
  readonly #replies: Array<(lines: string[]) => void> = [];
  readonly #ended: Promise<unknown>;
  #changed: () => void = () => undefined;
  #reply: string[] | null = null;

  /** Runs a line of sh in it. `folder` is for tmux's own files. */
  constructor(folder: string, line: string, env: NodeJS.ProcessEnv, columns = 80, rows = 24) {
    const config = join(folder, "tmux.conf");
    writeFileSync(config, CONFIG);
    const { TMUX: _, ...rest } = env;
    this.#env = { ...rest, TMUX_TMPDIR: folder, LANG: "C.UTF-8", LC_ALL: "C.UTF-8", SHELL: "/bin/sh" };
    this.#client = spawn("tmux", ["-u", "-L", "test", "-f", config, "-C", "new-session", "-x", String(columns), "-y", String(rows), line], { env: this.#env, stdio: ["pipe", "pipe", "inherit"] });
    this.#ended = once(this.#client, "close");
    createInterface({ input: this.#client.stdout as NodeJS.ReadableStream }).on("line", (text) => this.#take(text));
  }

  /** Presses keys, by tmux's names (`Enter`, `PPage`, `C-c`) or as the characters themselves. */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.#ask(`send-keys ${quoted(key)}`);
  }

  async type(text: string): Promise<void> {
    await this.#ask(`send-keys -l ${quoted(text)}`);
  }

  /** Pastes a text, which the terminal marks as pasted if the program has asked for that. */
  async paste(text: string): Promise<void> {
    await this.#ask(`set-buffer "${text.replaceAll(/["\\$~]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`);
    await this.#ask("paste-buffer -p");
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#ask(`resize-window -x ${columns} -y ${rows}`);
  }

  /** The screen's rows as text, with escape sequences for how they look if `dressed`. */
  async rows(dressed = false): Promise<string[]> {
    return this.#ask(`capture-pane -p ${dressed ? "-e" : ""}`);
  }

  /** All rows, those included that have left the screen. */
  async scrollback(): Promise<string[]> {
    return this.#ask("capture-pane -p -S -");
  }

  /** What a program has put into the terminal's clipboard. */
  async clipboard(): Promise<string> {
    return (await this.#ask("show-buffer")).join("\n");
  }

  async pid(): Promise<number> {
    return Number((await this.#ask("display-message -p '#{pane_pid}'"))[0]);
  }

  /** The screen as soon as it is as wanted. */
  async until(wanted: (screen: string, rows: string[]) => boolean, what: string): Promise<string[]> {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    limit.addEventListener("abort", () => this.#changed(), { once: true });
    for (;;) {
      const changed = new Promise<void>((resolve) => (this.#changed = resolve));
      const rows = await this.rows();
      if (wanted(rows.join("\n"), rows)) return rows;
      assert.ok(!limit.aborted, `the terminal never showed ${what}; it shows:\n${rows.join("\n")}`);
      await changed;
    }
  }

  async shows(text: string): Promise<string[]> {
    return this.until((screen) => screen.includes(text), JSON.stringify(text));
  }

  /** Ends the terminal: whatever runs in it gets SIGHUP. */
  async close(): Promise<void> {
    spawnSync("tmux", ["-L", "test", "kill-server"], { env: this.#env, stdio: "ignore" });
    await this.#ended;
  }

  #ask(command: string): Promise<string[]> {
    return new Promise((resolve, reject) => {
      this.#replies.push((lines) => resolve(lines));
      void this.#ended.then(() => reject(new Error(`tmux has ended before it answered: ${command}`)));
      this.#client.stdin?.write(`${command}\n`);
    });
  }

  /** Source: tmux(1), CONTROL MODE. */
  #take(line: string): void {
    if (this.#reply !== null) {
      if (/^%(end|error) \d+ \d+ \d+$/.test(line)) {
        const lines = this.#reply;
        this.#reply = null;
        if (line.endsWith(" 1")) this.#replies.shift()?.(lines);
      } else this.#reply.push(line);
    } else if (line.startsWith("%begin ")) this.#reply = [];
    else this.#changed();
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
