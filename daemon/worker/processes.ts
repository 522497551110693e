import { closeSync, fstatSync } from "node:fs";
import type { Logger } from "pino";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import { openLog } from "../logs/file.ts";
import { lastWords, tellingLine } from "../logs/lastwords.ts";
import { logPath } from "../logs/logger.ts";
import { rotate, type RotationLimits } from "../logs/rotate.ts";
import { groupEmpty, signalGroup, whenGroupEmpty } from "./group.ts";
import { startTimeOf } from "../../pipes/transport/identity.ts";
import { type Launch, spawnWorker } from "./process.ts";
import type { Effects } from "./worker.ts";

export interface ProcessesOptions {
  /** The folder of the logs. */
  readonly logs: string;
  readonly limits: RotationLimits;
  readonly log: Logger;
  readonly launch: (spec: ToolSpec) => Launch;
}

/** The effects on real processes and logs. One object serves all workers. */
export function workerProcesses({ logs, limits, log, launch }: ProcessesOptions): Effects {
  return {
    spawn: (spec, report) => {
      const path = logPath(logs, spec.name);
      const fd = openLog(path);
      const from = fstatSync(fd).size;
      try {
        spawnWorker(launch(spec), fd, (event) => {
          if (event.type !== "exited") return report(event);
          report({ ...event, lastWords: tellingLine(lastWords(path, from)), outOfMemory: null, groupEmpty: groupEmpty(event.pid) });
        });
      } finally {
        closeSync(fd);
      }
      if (from > limits.maxBytes) rotate(path, limits).catch((error: Error) => log.error({ tool: spec.name, reason: error.message }, "its log was not rotated"));
    },
    signalGroup: (pid, signal) => void signalGroup(pid, signal as NodeJS.Signals),
    awaitGroup: (pid, report) => {
      whenGroupEmpty(pid).then(
        () => report({ type: "groupEmptied", pid }),
        (error: Error) => log.error({ pid, reason: error.message }, "its process group cannot be watched"),
      );
    },
    watch: (_spec, pid, report) => {
      whenGroupEmpty(pid).then(
        () => report({ type: "groupEmptied", pid }),
        (error: Error) => log.error({ pid, reason: error.message }, "its process group cannot be watched"),
      );
    },
    inspect: (pid, report) => report({ type: "inspected", pid, atWork: null }),
    startTimeOf: (pid) => {
      try {
        return startTimeOf(pid);
      } catch (error) {
        log.warn({ pid, reason: ToolError.from(error).message }, "its start time cannot be read; were this daemon to crash, the next one would not know it for its worker");
        return null;
      }
    },
    record: (line) => {
      const child = { tool: line.tool };
      if (line.type === "effect-failed") return log.error({ ...child, reason: line.error.message }, `${line.effect} failed`);
      const { phase, want, pid, deaths } = line.state;
      const level = phase === "failed" || phase === "backoff" || deaths > 0 ? "warn" : "info";
      log[level]({ ...child, reason: line.reason, want, pid, ...(deaths > 0 ? { deaths } : {}) }, line.from === line.to ? line.to : `${line.from} → ${line.to}`);
    },
  };
}
