import type { ToolSpec } from "../../../pipes/protocol/spec.ts";
import { policyWith } from "./policies.ts";

/** A tool's spec with short times; a command unless said otherwise. */
export function specOf(changed: Partial<ToolSpec> = {}): ToolSpec {
  const { restart, timeouts } = policyWith();
  return { name: "greeter", kind: "command", command: ["greet"], settings: {}, env: {}, cwd: "/", description: "", autostart: true, restart, timeouts, ...changed };
}
