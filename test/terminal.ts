import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { root } from "./harness.ts";

export interface TerminalOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly columns?: number;
  readonly rows?: number;
}

/** A program on a terminal of its own: what is typed to it, and what it writes. */
export class Terminal {
  readonly #driver: ChildProcess;
  readonly #answers: Interface;
  readonly #lines: AsyncIterator<string>;

  constructor(argv: readonly string[], { env, columns = 80, rows = 24 }: TerminalOptions) {
    this.#driver = spawn("python3", [join(root, "test/fixtures/python/terminal.py"), String(columns), String(rows), ...argv], { env, stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#driver.stdout as NodeJS.ReadableStream });
    this.#lines = this.#answers[Symbol.asyncIterator]();
  }

  /** Types `text`; resolves to all that is written up to what `until` matches. */
  async type(text: string, until: RegExp): Promise<string> {
    const { screen, found } = (await this.#ask({ send: text, until: until.source })) as { screen: string; found: boolean };
    assert.ok(found, `${String(until)} did not come after ${JSON.stringify(text)}, but: ${JSON.stringify(screen)}`);
    return screen;
  }

  /** Waits for the program's end. */
  async ended(): Promise<{ screen: string; code: number }> {
    return (await this.#ask({ end: true })) as { screen: string; code: number };
  }

  /** Closes the terminal, sends the program a signal as well if one is named, and waits for its end: its exit code, below 0 for a signal that ended it. */
  async hangUp(signal: NodeJS.Signals | null = null): Promise<number> {
    return ((await this.#ask({ hangup: signal })) as { code: number }).code;
  }

  /** Hangs up. */
  async close(): Promise<void> {
    if (this.#driver.exitCode === null && this.#driver.signalCode === null) {
      const closed = once(this.#driver, "close");
      this.#driver.stdin?.end();
      await closed;
    }
    this.#answers.close();
  }

  async #ask(step: object): Promise<unknown> {
    this.#driver.stdin?.write(`${JSON.stringify(step)}\n`);
    const { value, done } = await this.#lines.next();
    assert.ok(done !== true, "the terminal has gone");
    return JSON.parse(value) as unknown;
  }
}
