import { Type } from "typebox";
import { DURATION_EXAMPLES, DURATION_PATTERN, SIZE_PATTERN } from "./quantity.ts";

export { DURATION_EXAMPLES, isNever, MAX_DURATION_MS, parseDuration, parseSize, SIZE_EXAMPLES } from "./quantity.ts";

export interface UnitOptions {
  readonly description: string;
  readonly default?: string | number;
  /** The smallest value allowed, in ms or bytes. */
  readonly least?: number;
}

/** A duration as people write it. Once loaded it is a number of milliseconds (daemon/config/complete.ts converts by the `unit` mark). */
export const duration = (options: UnitOptions) =>
  Type.Unsafe<string | number>({ type: ["string", "number"], pattern: DURATION_PATTERN, minimum: 0, unit: "duration", ...options });

/** The same, or the word `never`, which once loaded is null. */
export const durationOrNever = (options: UnitOptions) =>
  Type.Unsafe<string | number>({ type: ["string", "number"], pattern: `^\\s*never\\s*$|${DURATION_PATTERN}`, minimum: 0, unit: "duration", expects: `${DURATION_EXAMPLES}, or never`, ...options });

/** A size as people write it. Once loaded it is a number of bytes. */
export const size = (options: UnitOptions) =>
  Type.Unsafe<string | number>({ type: ["string", "number"], pattern: SIZE_PATTERN, minimum: 0, unit: "size", ...options });
