import type { ToolSpec } from "../../../pipes/protocol/spec.ts";
import { policyWith } from "./policies.ts";

/** A tool's spec with short times; a command unless said otherwise. */
export function specOf(changed: Partial<ToolSpec> = {}): ToolSpec {
  const { restart, timeouts } = policyWith();
  const health = { intervalMs: 10_000, answerMs: 20_000, progressMs: 600_000, refuseMs: null };
  const resident = { keep: { mode: "always", preload: true, idleMs: null }, priority: 0, pinned: false, memoryMax: null, needs: [], after: [] } as const;
  return { name: "greeter", kind: "command", command: ["greet"], settings: {}, env: {}, cwd: "/", description: "", autostart: true, restart, timeouts, health, ...resident, ...changed };
}
