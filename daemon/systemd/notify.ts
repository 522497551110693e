/** News for the service manager, all optional. Source: sd_notify(3). */
export interface Notice {
  /** Started, or done with a reload. */
  ready?: true;
  reloading?: true;
  stopping?: true;
  watchdog?: true;
  /** A sentence for `systemctl status`. */
  status?: string;
  mainPid?: number;
  /** While starting or stopping: that it may take this many ms more from now, whatever the unit's timeout says. */
  extendMs?: number;
}

export interface Notify {
  /** Whether a service manager listens; without one `notify` does nothing. */
  readonly active: boolean;
  /** Never throws: a daemon must not fail because nobody wants to hear of it. */
  notify: (notice: Notice) => void;
}

export interface NotifyOptions {
  env?: Readonly<Record<string, string | undefined>>;
  /** Gets the first error and no other: a socket that is gone stays gone. */
  report: (error: Error) => void;
}

/** What a service manager says to this process alone; a worker that inherited it would speak in our name. */
export const SYSTEMD_VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

/** The line to the service manager that $NOTIFY_SOCKET names. Only then is native code loaded. */
export async function openNotify({ env = process.env, report }: NotifyOptions): Promise<Notify> {
  const address = env["NOTIFY_SOCKET"];
  if (address === undefined || address === "") return { active: false, notify: () => {} };
  let reported = false;
  const reportOnce = (error: unknown): void => {
    if (!reported) report(new Error(`systemd cannot be notified through ${address}: ${messageOf(error)}`, { cause: error }));
    reported = true;
  };
  try {
    if (!/^[/@]./.test(address)) throw new Error("expected a path or @name");
    const { sendDatagram } = await import("./datagram.ts");
    const notify = (notice: Notice): void => {
      try {
        const text = noticeText(notice, process.hrtime.bigint());
        if (text !== "") sendDatagram(address, text);
      } catch (error) {
        reportOnce(error);
      }
    };
    return { active: true, notify };
  } catch (error) {
    reportOnce(error);
    return { active: false, notify: () => {} };
  }
}

/**
 * The datagram's text. `now` is CLOCK_MONOTONIC in nanoseconds (`process.hrtime` on Linux): with it systemd tells a
 * reload that it asked for from an earlier one.
 */
export function noticeText(notice: Notice, now: bigint): string {
  const lines: string[] = [];
  if (notice.mainPid !== undefined) lines.push(`MAINPID=${notice.mainPid}`);
  if (notice.reloading) lines.push("RELOADING=1", `MONOTONIC_USEC=${now / 1000n}`);
  if (notice.ready) lines.push("READY=1");
  if (notice.stopping) lines.push("STOPPING=1");
  if (notice.watchdog) lines.push("WATCHDOG=1");
  if (notice.extendMs !== undefined) lines.push(`EXTEND_TIMEOUT_USEC=${Math.ceil(notice.extendMs) * 1000}`);
  if (notice.status !== undefined) lines.push(`STATUS=${oneLine(notice.status)}`);
  return lines.join("\n");
}

/** A newline would start another assignment. systemd ignores whole messages over 4096 bytes; 1000 characters stay below. */
function oneLine(text: string): string {
  const line = text.replaceAll("\0", "").replace(/\s*[\r\n]+\s*/g, " ").trim();
  return line.length <= 1000 ? line : `${line.slice(0, 999)}…`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
