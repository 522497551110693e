import { inWords } from "../../pipes/protocol/interfaces/define.ts";
import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";

/** The interfaces of a worker, asked for one by one: it tells their names first. */
export class Introduction {
  readonly #ask: (name: string) => void;
  readonly #known: (shapes: InterfaceShape[]) => void;
  #asked: readonly string[] | null = null;
  #shapes: InterfaceShape[] = [];

  constructor(ask: (name: string) => void, known: (shapes: InterfaceShape[]) => void) {
    this.#ask = ask;
    this.#known = known;
  }

  /** Whether the tool is known to have no command of this name, in lower case: then a built-in one of that name is what it says. */
  lacks(cmd: string): boolean {
    const complete = this.#shapes.length === this.#asked?.length;
    return complete && !this.#shapes.some(({ commands }) => commands.some(({ name }) => name.toLowerCase() === cmd));
  }

  /** Another process may be another program. */
  forget(): void {
    this.#asked = null;
    this.#shapes = [];
  }

  named(names: unknown): void {
    this.#shapes = [];
    this.#asked = Array.isArray(names) ? names.map(String).filter((name) => name !== "base") : [];
    for (const name of this.#asked) this.#ask(name);
    if (this.#asked.length === 0) this.#known([]);
  }

  /** Without the schemas: what is known here is written to the registry at each change of any tool. */
  described(shape: InterfaceShape): void {
    this.#shapes.push(inWords(shape));
    if (this.#shapes.length === this.#asked?.length) this.#known(this.#shapes);
  }
}
