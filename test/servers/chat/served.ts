import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ToolClient } from "../../../pipes/client.ts";
import { fifoOf } from "../../../pipes/protocol/names.ts";
import { ensureFifo, openPresentFifo } from "../../../pipes/transport/fifo.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";

const root = new URL("../../..", import.meta.url).pathname;

/** A chat server from source, its FIFO held as the daemon holds it, so that a client may come before the server does. */
export class Served {
  readonly folder = mkdtempSync(join(tmpdir(), "pipe-tools-chat-"));
  readonly #held: number;
  #child: ChildProcess | null = null;

  constructor() {
    const path = fifoOf.upstream(this.folder, "chat");
    ensureFifo(path, mkfifo);
    this.#held = openPresentFifo(path, "both");
  }

  /** From the sources, or as it is built. */
  start(settings: object, program: readonly string[] = ["--import", "tsx", "servers/chat/main.ts"]): this {
    const env = {
      ...process.env,
      HOME: this.folder,
      XDG_CACHE_HOME: join(this.folder, "cache"),
      PIPE_TOOLS_TOOL: "chat",
      PIPE_TOOLS_PIPES: this.folder,
      PIPE_TOOLS_SUPERVISED: "1",
      PIPE_TOOLS_SETTINGS: JSON.stringify(settings),
    };
    this.#child = spawn(process.execPath, [...program], { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
    return this;
  }

  connect(): Promise<ToolClient> {
    return ToolClient.connect("chat", { folder: this.folder });
  }

  /** Its folder is still there afterwards. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== null && child.exitCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    }
  }

  async close(): Promise<void> {
    await this.stop();
    closeSync(this.#held);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
