import { isNever, parseDuration, parseSize } from "../../pipes/protocol/units.ts";
import type { Schema } from "./schemas.ts";

/**
 * A valid value with everything filled in: what is missing gets its default, durations become ms and sizes bytes. A key
 * without a default stays away.
 */
export function complete(schema: Schema, value: unknown): unknown {
  if (schema.unit !== undefined) return inUnits(schema.unit, value ?? schema.default);
  if (schema.properties !== undefined) return completeObject(schema.properties, isRecord(value) ? value : {});
  return value ?? schema.default;
}

/** The two maps as one, key by key; the second wins. */
export function merge(under: unknown, over: unknown): unknown {
  if (!isRecord(under) || !isRecord(over)) return over ?? under;
  return Object.fromEntries([...new Set([...Object.keys(under), ...Object.keys(over)])].map((key) => [key, merge(own(under, key), own(over, key))]));
}

function completeObject(properties: Readonly<Record<string, Schema>>, value: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(properties).map(([key, property]) => [key, complete(property, own(value, key))] as const);
  const kept = entries.filter(([, member]) => member !== undefined && !(isRecord(member) && Object.keys(member).length === 0));
  return Object.fromEntries(kept);
}

/** `never` is null. */
function inUnits(unit: "duration" | "size", value: unknown): number | null | undefined {
  if (value === undefined) return undefined;
  if (unit === "duration" && isNever(value)) return null;
  return (unit === "duration" ? parseDuration(value) : parseSize(value)) ?? undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
