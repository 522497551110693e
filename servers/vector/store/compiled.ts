import { kernel } from "./kernel.ts";

/** What kernel.wat exports; it says what each function does. Places and sizes are in bytes. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scan(signatures: number, query: number, bytes: number, mask: number, rows: number, first: number, cutoff: bigint, list: number, count: number): number;
  rescore(list: number, count: number, base: number, block: number, codes: number, scales: number, query: number, bytes: number, scale: number): void;
  sign(codes: number, signature: number, bytes: number): void;
  multiply(values: number, by: number, bytes: number): void;
  transform(values: number, bytes: number): void;
  quantize(values: number, codes: number, bytes: number): number;
}

/** Node has it; its types leave it to those of browsers. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Module: new (bytes: Uint8Array) => object; readonly Instance: new (module: object) => { readonly exports: unknown } };
};
let compiled: object | null = null;

/** The kernel with a memory of its own. */
export function startKernel(): Kernel {
  compiled ??= new WebAssembly.Module(Buffer.from(kernel, "base64"));
  return new WebAssembly.Instance(compiled).exports as Kernel;
}
