import { chmodSync, lstatSync, mkdirSync, type Stats, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { dirname } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";

/** What one writer says goes here. */
export interface Sink {
  /** Returns whether the answer is complete, by what the stream itself says. */
  take(bytes: Uint8Array): boolean;
  /** Nothing more comes. `failure` tells why, unless the writer has ended it. */
  end(failure: Error | null): void;
}

/** `sun_path`, less the zero at its end. Source: unix(7); macOS has 104. */
const LONGEST_PATH = process.platform === "darwin" ? 103 : 107;
const PROBE_MS = 2000;
const OTHERS_MAY_WRITE = 0o022;
/**
 * Quiet for so long after an answer, the writer is told that nothing will come back. `nc -U` waits for that without end; it
 * and whoever else has more to say can still say it.
 */
const GOODBYE_MS = 300;

/**
 * Listens for writers on a Unix socket that only we can connect to. One that nobody listens on any more is replaced;
 * `close` removes it. @throws ToolError `already-running`, `unsafe-file`, `not-ours`, `file-failed`, `usage`
 */
export async function listen(path: string, open: () => Sink): Promise<{ close(): void }> {
  const length = Buffer.byteLength(path);
  if (length > LONGEST_PATH) throw new ToolError("usage", { reason: `the socket's path has ${length} bytes, and a socket's may have ${LONGEST_PATH}: ${path}`, hint: "Give a shorter one: cpipe --view SOCKET" });
  ensureFolder(dirname(path));
  let server = await bind(path, open);
  if (server === null) {
    await removeStale(path);
    server = await bind(path, open);
  }
  if (server === null) throw running(path);
  const { ino } = lstatSync(path);
  const bound = server;
  const remove = (): void => {
    if (look(path)?.ino === ino) unlinkSync(path);
  };
  process.on("exit", remove);
  return {
    close() {
      process.off("exit", remove);
      // Node would remove whatever is there by then.
      if (look(path)?.ino === ino) bound.close();
    },
  };
}

/** Null when there is something at the path. */
function bind(path: string, open: () => Sink): Promise<Server | null> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const sink = open();
    let failure: Error | null = null;
    let goodbye: NodeJS.Timeout | undefined;
    socket.on("data", (bytes: Buffer) => {
      clearTimeout(goodbye);
      if (sink.take(bytes)) goodbye = setTimeout(() => socket.end(), GOODBYE_MS);
    });
    socket.once("end", () => socket.end());
    socket.once("error", (error) => (failure = error));
    socket.once("close", () => (clearTimeout(goodbye), sink.end(failure)));
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(null) : reject(failed(path, error))));
    const mask = process.umask(0o177); // from its first moment on it is ours alone
    try {
      server.listen(path, () => resolve(server.on("error", () => undefined)));
    } finally {
      process.umask(mask);
    }
  }).then((bound) => {
    if (bound !== null) chmodSync(path, 0o600);
    return bound as Server | null;
  });
}

/** Removes what a viewer that did not end in order has left. Whatever else is there stays. */
async function removeStale(path: string): Promise<void> {
  const stats = look(path);
  if (stats === null) return;
  if (!stats.isSocket()) throw new ToolError("unsafe-file", { path, reason: `is ${kindOf(stats)}, no socket; it was left alone`, hint: "Give another path: cpipe --view SOCKET" });
  const uid = process.getuid?.();
  if (uid !== undefined && stats.uid !== uid) throw new ToolError("not-ours", { path, owner: stats.uid, uid });
  if (await isLive(path)) throw running(path);
  if (look(path)?.ino === stats.ino) unlinkSync(path);
}

/** Whether somebody listens. Only a refusal says that nobody does. */
function isLive(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    const settle = (end: () => void): void => (clearTimeout(patience), probe.destroy(), end());
    const patience = setTimeout(() => settle(() => resolve(true)), PROBE_MS);
    probe.once("connect", () => settle(() => resolve(true)));
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") settle(() => resolve(false));
      else if (error.code === "EAGAIN") settle(() => resolve(true)); // it has too much to do
      else settle(() => reject(failed(path, error)));
    });
  });
}

/** A folder that is there is taken as it is, unless it is one where others could put a socket of theirs in place of ours. */
function ensureFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw failed(folder, error);
  }
  const stats = look(folder);
  const isSticky = stats !== null && (stats.mode & 0o1000) !== 0; // as /tmp: nobody removes what is another's
  if (stats === null || isSticky || (stats.mode & OTHERS_MAY_WRITE) === 0) return;
  throw new ToolError("unsafe-file", { path: folder, reason: `has mode ${(stats.mode & 0o7777).toString(8).padStart(4, "0")}, expected a folder that only we can write to`, hint: `Run: chmod go-w ${folder}` });
}

function look(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a FIFO";
  return stats.isSymbolicLink() ? "a link" : stats.isFile() ? "a file" : "a device";
}

function running(path: string): ToolError {
  return new ToolError("already-running", { what: `a viewer on ${path}`, hint: "Pipe into that one, or give this one another socket: cpipe --view SOCKET" });
}

function failed(path: string, error: unknown): ToolError {
  return ToolError.from(error, "file-failed", { path });
}
