/** What a server says to its log. pino fits; so does anything with these four. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;

/**
 * Lines in pino's shape on standard output, without loading pino: a server writes a handful of lines an hour, and a
 * user's own 20-line server should start as fast as Node does.
 */
export function lineLog(name: string, level: string = process.env["PIPE_TOOLS_LOG_LEVEL"] ?? "info"): Log {
  if (!process.stdout.listeners("error").includes(unheard)) process.stdout.on("error", unheard);
  const least = LEVELS[level as keyof typeof LEVELS] ?? (level === "fatal" || level === "silent" ? 99 : LEVELS.info);
  const write = (kind: keyof typeof LEVELS) => (facts: object, message: string) => {
    if (LEVELS[kind] < least) return;
    const line = { level: LEVELS[kind], time: new Date().toISOString(), pid: process.pid, tool: name, ...plain(facts), msg: message };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** A disk that is full ends no server: the line is lost, and the next one is tried. */
const unheard = (): void => undefined;

/** An Error has no enumerable keys; its message and stack are what one wants to read. */
function plain(facts: object): object {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [key, value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value]),
  );
}
