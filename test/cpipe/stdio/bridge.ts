import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Place } from "../program.ts";

export type Line = Record<string, unknown>;

/** A running `cpipe --stdio` as an editor sees it. */
export class Bridge {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  readonly #looking = new Set<() => void>();
  #ended = false;

  constructor(place: Place) {
    this.child = place.start("--stdio");
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#look();
    });
    this.child.once("close", () => ((this.#ended = true), this.#look()));
  }

  send(...requests: readonly object[]): void {
    this.child.stdin?.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
  }

  /** The first line, past or future, that is accepted. */
  async line(found: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const line = this.lines.find(found);
      if (line !== undefined) return line;
      if (this.#ended) assert.fail(`it ended without the line that was waited for: ${JSON.stringify(this.lines)}`);
      await new Promise<void>((resolve) => this.#looking.add(resolve));
    }
  }

  /** The last event of a request. */
  final(id: unknown): Promise<Line> {
    return this.line((line) => line["id"] === id && line["final"] === true);
  }

  /** Everything that was said under an id. */
  under(id: unknown): Line[] {
    return this.lines.filter((line) => line["id"] === id);
  }

  text(id: unknown): string {
    return this.under(id).map((line) => (typeof line["text"] === "string" ? line["text"] : "")).join("");
  }

  /** Ends standard input. @returns the exit code */
  async end(): Promise<number | null> {
    const closed = once(this.child, "close");
    this.child.stdin?.end();
    return ((await closed) as [number | null])[0];
  }

  #look(): void {
    for (const go of this.#looking) go();
    this.#looking.clear();
  }
}
