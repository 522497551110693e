import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach } from "node:test";
import { type Place, program, root } from "../../cpipe/program.ts";
import { Terminal } from "./terminal.ts";

export type EditorName = "vim" | "nvim";
export const EDITORS: readonly EditorName[] = ["vim", "nvim"];

let opened = 0;
/** Those that a test has not closed. */
const editors = new Set<Editor>();
// A test that fails closes nothing, and what it has opened would keep its file from ending.
afterEach(async () => {
  for (const editor of editors) await editor.close();
});

/** Vim or Neovim with the plugin, in a terminal: typed into as by a person, and looked into over a socket. */
export class Editor {
  readonly terminal: Terminal;
  readonly #server: Server;
  #socket: Socket | null = null;
  readonly #answers = new Map<number, (value: readonly [unknown, unknown]) => void>();
  readonly #news = new Set<() => void>();
  #next = 1;

  private constructor(terminal: Terminal, server: Server) {
    this.terminal = terminal;
    this.#server = server;
  }

  /** `settings`: lines of the user's vimrc. */
  static async open(name: EditorName, place: Place, settings: readonly string[] = []): Promise<Editor> {
    const number = ++opened;
    const [vimrc, control] = [join(place.root, `vimrc-${number}`), join(place.root, `control-${number}`)];
    const lines = ["set nocompatible noswapfile laststatus=2", "syntax off", `set runtimepath^=${join(root, "editors/vim")}`, `let g:pipe_cpipe = ['${process.execPath}', '${program}']`, `source ${join(root, "test/editors/vim/control.vim")}`, ...settings];
    writeFileSync(vimrc, `${lines.join("\n")}\n`);
    const server = createServer().listen(control);
    const connected = once(server, "connection") as Promise<[Socket]>;
    const command = `exec ${name} -u ${vimrc} -i NONE -n`;
    const terminal = await Terminal.open(`editor-${number}`, command, { ...place.env, TMUX_TMPDIR: place.root, CONTROL: control, SHELL: "/bin/sh" });
    const editor = new Editor(terminal, server);
    editors.add(editor);
    editor.#attach((await connected)[0]);
    return editor;
  }

  /** Types keys, as a person does. */
  async type(keys: string): Promise<void> {
    await this.terminal.press(keys);
  }

  /** The value of a Vim expression now. */
  async eval(expression: string): Promise<unknown> {
    const id = this.#next++;
    const [value, error] = await new Promise<readonly [unknown, unknown]>((resolve) => {
      this.#answers.set(id, resolve);
      this.#socket?.write(`${JSON.stringify([id, expression])}\n`);
    });
    assert.equal(error, undefined, `${expression}: ${String(error)}`);
    return value;
  }

  /** Resolves when the expression has the value: looks again whenever the plugin tells of something, and now and then. */
  async until(expression: string, expected: unknown, ms = 15_000): Promise<void> {
    const deadline = performance.now() + ms;
    for (;;) {
      const news = new Promise<void>((resolve) => this.#news.add(resolve));
      const value = await this.eval(expression);
      if (JSON.stringify(value) === JSON.stringify(expected)) return;
      if (performance.now() > deadline) {
        assert.deepEqual(value, expected, `${expression}; the screen:\n${(await this.terminal.screen()).join("\n")}`);
      }
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([news, new Promise((resolve) => (timer = setTimeout(resolve, 50)))]); // keys that are typed tell nothing
      clearTimeout(timer);
    }
  }

  /** The lines of a buffer; the current one unless named. */
  async lines(buf = "'%'"): Promise<string[]> {
    return (await this.eval(`getbufline(${buf}, 1, '$')`)) as string[];
  }

  async close(): Promise<void> {
    editors.delete(this);
    await this.terminal.close();
    this.#socket?.destroy();
    this.#server.close();
  }

  #attach(socket: Socket): void {
    this.#socket = socket;
    socket.on("error", () => undefined); // the editor has ended
    createInterface({ input: socket }).on("line", (line) => {
      const [id, value, error] = JSON.parse(line) as [number, unknown, unknown];
      if (id > 0) return this.#answers.get(id)?.([value, error]);
      for (const go of this.#news) go();
      this.#news.clear();
    });
  }
}
