/**
 * For the lines that wait, first to last: whether each is nothing for the next process. That is what the daemon has sent itself, the
 * `unsubscribe` of a client whose `subscribe` does not wait before it, and half a line whose other half has been read: either of
 * these ends an upstream server.
 */
export function staleness(): (line: string) => boolean {
  const subscribing = new Set<unknown>();
  return (line) => {
    if (!line.endsWith("\n")) return false; // the rest is on its way
    const request = requestIn(line);
    if (request?.cmd === "subscribe") subscribing.add(request.pid);
    return request === null || request.pid === process.pid || (request.cmd === "unsubscribe" && !subscribing.delete(request.pid));
  };
}

function requestIn(line: string): { pid?: unknown; cmd?: unknown } | null {
  try {
    return (JSON.parse(line) as object | null) ?? {};
  } catch {
    return null;
  }
}
