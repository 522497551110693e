/** Of WebAssembly what is needed here; the types of Node leave most of it out. */
interface Memory {
  readonly buffer: ArrayBuffer;
}
interface WebAssemblyApi {
  compile(bytes: Uint8Array): Promise<Program>;
  instantiate(program: Program, imports: object): Promise<{ readonly exports: object }>;
}
/** Compiled once, run often. */
export interface Program {
  readonly [Symbol.toStringTag]: "WebAssembly.Module";
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };

/** @throws Error when the bytes are no WebAssembly */
export function compileProgram(bytes: Uint8Array): Promise<Program> {
  return WebAssembly.compile(bytes);
}

/** How a program has ended, and what it has written. */
export interface Ran {
  readonly code: number;
  /** Its one file. */
  readonly file: Buffer;
  /** Standard output and standard error. */
  readonly words: string;
}

/** Errno of WASI. */
const OK = 0;
const BAD_DESCRIPTOR = 8;
const NOT_FOUND = 44;
const NO_SEEK = 70;
/** Descriptors: the three usual ones, the folder that every program is given, and the file. */
const ERR = 2;
const FOLDER = 3;
const FILE = 4;
const DIRECTORY_TYPE = 3;
const FILE_TYPE = 4;
/** Bytes of a row of readv and writev: address and length. */
const ROW = 8;

class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/**
 * Runs a program of WASI, preview 1, from its beginning to its end. It is alone in the world: the one file that it may write,
 * `fileName`, is in memory, and there are no others. Source of the calls: WASI/legacy/preview1/docs.md, as far as Flite makes them.
 */
export async function runProgram(program: Program, args: readonly string[], fileName: string): Promise<Ran> {
  const world = new World(args, fileName);
  const instance = await WebAssembly.instantiate(program, { wasi_snapshot_preview1: world.calls });
  const { memory, _start: start } = instance.exports as { memory: Memory; _start: () => void };
  world.memory = memory;
  let code = 0;
  try {
    start();
  } catch (thrown) {
    if (!(thrown instanceof Exit)) throw thrown;
    code = thrown.code;
  }
  return { code, file: Buffer.concat(world.file), words: Buffer.concat(world.words).toString() };
}

class World {
  memory!: Memory;
  readonly file: Buffer[] = [];
  readonly words: Buffer[] = [];
  readonly #args: readonly Buffer[];
  readonly #fileName: string;

  constructor(args: readonly string[], fileName: string) {
    this.#args = args.map((arg) => Buffer.from(`${arg}\0`));
    this.#fileName = fileName;
  }

  // The module's memory moves when it grows.
  get #view(): DataView {
    return new DataView(this.memory.buffer);
  }

  readonly calls: Readonly<Record<string, (...args: never[]) => number>> = {
    args_sizes_get: (count: number, bytes: number) => {
      this.#view.setUint32(count, this.#args.length, true);
      this.#view.setUint32(bytes, this.#args.reduce((sum, arg) => sum + arg.length, 0), true);
      return OK;
    },
    args_get: (addresses: number, at: number) => {
      for (const [index, arg] of this.#args.entries()) {
        this.#view.setUint32(addresses + index * 4, at, true);
        new Uint8Array(this.memory.buffer).set(arg, at);
        at += arg.length;
      }
      return OK;
    },
    clock_time_get: (_clock: number, _precision: bigint, at: number) => {
      this.#view.setBigUint64(at, BigInt(Date.now()) * 1_000_000n, true);
      return OK;
    },
    fd_prestat_get: (fd: number, at: number) => {
      if (fd !== FOLDER) return BAD_DESCRIPTOR;
      this.#view.setUint32(at, 0, true);
      this.#view.setUint32(at + 4, 1, true); // the length of its name
      return OK;
    },
    fd_prestat_dir_name: (_fd: number, at: number) => {
      this.#view.setUint8(at, "/".charCodeAt(0));
      return OK;
    },
    fd_fdstat_get: (fd: number, at: number) => {
      if (fd > FILE) return BAD_DESCRIPTOR;
      new Uint8Array(this.memory.buffer).fill(0, at, at + 8);
      this.#view.setUint8(at, fd === FOLDER ? DIRECTORY_TYPE : FILE_TYPE);
      // All rights: what they lead to is in here.
      this.#view.setBigUint64(at + 8, ~0n & ((1n << 64n) - 1n), true);
      this.#view.setBigUint64(at + 16, ~0n & ((1n << 64n) - 1n), true);
      return OK;
    },
    fd_fdstat_set_flags: () => OK,
    path_open: (_folder: number, _lookup: number, path: number, length: number, _flags: number, _rights: bigint, _inherited: bigint, _mode: number, at: number) => {
      if (Buffer.from(this.memory.buffer, path, length).toString() !== this.#fileName) return NOT_FOUND;
      this.file.length = 0;
      this.#view.setUint32(at, FILE, true);
      return OK;
    },
    fd_write: (fd: number, rows: number, count: number, at: number) => {
      if (fd === FOLDER || fd > FILE) return BAD_DESCRIPTOR;
      let written = 0;
      for (let row = rows; row < rows + count * ROW; row += ROW) {
        const [address, length] = [this.#view.getUint32(row, true), this.#view.getUint32(row + 4, true)];
        (fd <= ERR ? this.words : this.file).push(Buffer.from(new Uint8Array(this.memory.buffer, address, length)));
        written += length;
      }
      this.#view.setUint32(at, written, true);
      return OK;
    },
    fd_read: (_fd: number, _rows: number, _count: number, at: number) => {
      this.#view.setUint32(at, 0, true);
      return OK;
    },
    fd_seek: () => NO_SEEK,
    fd_close: () => OK,
    proc_exit: (code: number) => {
      throw new Exit(code);
    },
  };
}
