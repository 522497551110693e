/** On Linux; a longer line would not be whole. */
const PIPE_BUF = 4096;

/**
 * The kernel keeps a line of up to PIPE_BUF bytes whole, but puts it in the middle of another client's longer one, when that comes in
 * pieces. What reads like one line is then the beginning of one request, and the whole of another: `{"pid":7,"cmd":"say","da{"pid":8,
 * "cmd":"ping"}`. Gives that other request; null when the line is not of this kind.
 */
export function requestWithin(line: string): string | null {
  const least = Math.max(1, line.length - PIPE_BUF);
  for (let at = line.lastIndexOf('{"'); at >= least; at = line.lastIndexOf('{"', at - 1)) {
    const request = line.slice(at);
    if (isRequest(request)) return request;
  }
  return null;
}

/** It names who asks: an object inside an argument, cut out of its request, would not. */
function isRequest(text: string): boolean {
  const value = parse(text);
  return typeof value === "object" && value !== null && "pid" in value && "cmd" in value;
}

export function isJson(text: string): boolean {
  return parse(text) !== undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
