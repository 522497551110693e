import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A program in a real terminal: a tmux server of its own, seen through its control mode. */
export class Terminal {
  readonly #tmux: ChildProcess;
  /** Who waits for the answer to a command, in order. */
  readonly #answers: ((lines: string[]) => void)[] = [];
  readonly #watching = new Set<(text: string) => void>();
  #block: string[] | null = null;

  private constructor(name: string, command: string, env: NodeJS.ProcessEnv) {
    this.#tmux = spawn("tmux", ["-L", name, "-f", "/dev/null", "-C", "new-session", command], { env: { ...env, TMUX: "", TERM: "xterm-256color", LANG: "C.UTF-8" }, stdio: ["pipe", "pipe", "inherit"] });
    this.#tmux.stdin?.on("error", () => undefined); // it ends with the program
    createInterface({ input: this.#tmux.stdout as NodeJS.ReadableStream }).on("line", (line) => this.#take(line));
    this.#answers.push(() => undefined); // new-session answers, too
  }

  /** Starts a command of sh in a terminal of that size. */
  static async open(name: string, command: string, env: NodeJS.ProcessEnv, [columns, rows]: readonly [number, number] = [80, 24]): Promise<Terminal> {
    const terminal = new Terminal(name, command, env);
    await terminal.#ask("set-option -g destroy-unattached on"); // so that nothing outlives this process
    await terminal.#ask(`refresh-client -C ${columns}x${rows}`);
    return terminal;
  }

  /** Presses keys: text as it is, `\r` Enter, `\x1b` Escape. */
  async press(text: string): Promise<void> {
    const isPlain = /^[\0-\x7f]*$/.test(text); // oxlint-disable-line no-control-regex -- keys are such characters
    await this.#ask(isPlain ? `send-keys -H ${[...Buffer.from(text)].map((byte) => byte.toString(16)).join(" ")}` : `send-keys -l '${text}'`);
  }

  /** The screen, a row a line. */
  screen(): Promise<string[]> {
    return this.#ask("capture-pane -p");
  }

  /** Resolves with the screen when it matches; looks again whenever something is drawn. */
  async shows(pattern: RegExp, ms = 10_000): Promise<string> {
    const deadline = performance.now() + ms;
    for (;;) {
      const drawn = this.#drawn(() => true, deadline - performance.now());
      const screen = (await this.screen()).join("\n");
      if (pattern.test(screen)) return screen;
      if (performance.now() >= deadline) assert.match(screen, pattern);
      await drawn;
    }
  }

  /** Presses a key and returns after how many ms the program shows it. */
  async echo(key: string): Promise<number> {
    const shown = this.#drawn((text) => text.includes(key), 10_000);
    const since = performance.now();
    await this.press(key);
    return (await shown) - since;
  }

  async close(): Promise<void> {
    if (this.#tmux.exitCode !== null) return;
    const closed = once(this.#tmux, "close");
    this.#tmux.stdin?.write("kill-server\n");
    await closed;
  }

  /** When the program next draws something that is accepted, or the time is over. */
  #drawn(accepted: (text: string) => boolean, ms: number): Promise<number> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#watching.delete(watch);
        resolve(performance.now());
      };
      const watch = (text: string): void => void (accepted(text) && done());
      const timer = setTimeout(done, ms);
      this.#watching.add(watch);
    });
  }

  #ask(command: string): Promise<string[]> {
    return new Promise((resolve) => {
      this.#answers.push(resolve);
      this.#tmux.stdin?.write(`${command}\n`);
    });
  }

  #take(line: string): void {
    if (line.startsWith("%begin ")) this.#block = [];
    else if (line.startsWith("%end ") || line.startsWith("%error ")) {
      this.#answers.shift()?.(this.#block ?? []);
      this.#block = null;
    } else if (this.#block !== null) this.#block.push(line);
    else if (line.startsWith("%output ")) for (const watch of this.#watching) watch(line.slice(line.indexOf(" ", 8) + 1));
  }
}
