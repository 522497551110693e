import { ToolError } from "../protocol/errors.ts";
import { fifoOf, MAX_PID } from "../protocol/names.ts";
import { openFifo } from "../transport/fifo.ts";
import { FifoWriter } from "../transport/writer.ts";
import { resolveTool } from "./discover.ts";

/** A message up to this many bytes is one atomic write on the shared FIFO (PIPE_BUF). */
export const ATOMIC_BYTES = process.platform === "linux" ? 4096 : 512;

/** A pid that no process has: nobody's session is taken for the sender's. */
const NOBODY = MAX_PID;

/** The line that `post` writes; its length decides whether `post` may be used. */
export function lineOf(cmd: string, args: object): string {
  return `${JSON.stringify({ pid: NOBODY, cmd, ...args })}\n`;
}

/**
 * Leaves a message at a tool without a session: no answer comes, and nothing is cancelled when this process ends.
 * @throws ToolError `no-such-tool`, `not-ready`, `daemon-unreachable`, `timeout` when the pipe stays full, `usage` when
 * the message is too long to be whole among others'
 */
export async function post(tool: string, cmd: string, args: object, options: { folder?: string; timeout: number }): Promise<void> {
  const line = lineOf(cmd, args);
  const bytes = Buffer.byteLength(line);
  if (bytes > ATOMIC_BYTES) throw new ToolError("usage", { reason: `a message without a session may have at most ${ATOMIC_BYTES} bytes; this one has ${bytes}` });
  const address = resolveTool(tool, options.folder);
  const fd = openFifo(fifoOf.upstream(address.folder, address.name), "write");
  if (fd === null) throw address.explain();
  let lost = false;
  const writer = new FifoWriter(fd, { queueBytes: Number.MAX_SAFE_INTEGER, stallMs: 3_600_000, shared: true }, { closed: () => (lost = true) });
  writer.write(line);
  await writer.flushed(Math.min(options.timeout, 2 ** 31 - 1));
  const stuck = writer.queuedBytes > 0;
  writer.close();
  if (lost) throw new ToolError("interrupted", { tool: address.name });
  if (stuck) throw new ToolError("timeout", { tool: address.name, what: "room in the pipe", seconds: options.timeout / 1000 });
}
