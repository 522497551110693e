import { type Attribute, type Constant, type Declared, floats, int64s, type OnnxNode, writeOnnx } from "./writer.ts";

/** A model in the making, read from its inputs to its outputs: every operation gives the name of what comes of it. */
export class Graph {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants: Record<string, Constant> = {};
  readonly #inputs: Declared[] = [];
  readonly #outputs: Declared[] = [];

  input(name: string, type: Declared["type"], shape: Declared["shape"]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  output(name: string, type: Declared["type"], shape: Declared["shape"], value: string): void {
    this.#nodes.push({ op: "Identity", inputs: [value], outputs: [name] });
    this.#outputs.push({ name, type, shape });
  }

  /** An input that comes out as it went in. */
  state(name: string, next: string, type: Declared["type"], shape: Declared["shape"]): void {
    this.output(next, type, shape, this.input(name, type, shape));
  }

  op(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = `v${this.#nodes.length}`;
    this.#nodes.push({ op, inputs, outputs: [name], attributes });
    return name;
  }

  floats(values: Iterable<number>, shape?: readonly number[]): string {
    return this.#constant(floats(values, shape));
  }

  float(value: number): string {
    return this.#constant(floats([value], []));
  }

  ints(values: Iterable<number>, shape?: readonly number[]): string {
    return this.#constant(int64s(values, shape));
  }

  int(value: number): string {
    return this.#constant(int64s([value], []));
  }

  toInt(value: string): string {
    return this.op("Cast", [value], { to: 7 });
  }

  toFloat(value: string): string {
    return this.op("Cast", [value], { to: 1 });
  }

  reshape(value: string, shape: readonly number[]): string {
    return this.op("Reshape", [value, this.ints(shape)]);
  }

  /** One row of `width` numbers for each whole number: 10 at its place, else 0. */
  oneHot(value: string, width: number): string {
    return this.op("OneHot", [value, this.ints([width]), this.floats([0, 10])], { axis: -1 });
  }

  write(metadata: Readonly<Record<string, string | number>> = {}): Buffer {
    return writeOnnx({ inputs: this.#inputs, outputs: this.#outputs, constants: this.#constants, nodes: this.#nodes, metadata });
  }

  #constant(constant: Constant): string {
    const name = `c${Object.keys(this.#constants).length}`;
    this.#constants[name] = constant;
    return name;
  }
}
