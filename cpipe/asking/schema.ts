import { isObject, shorten, usage } from "../options.ts";
import { readText } from "./context.ts";

/** `--schema FILE|JSON`: a JSON Schema as an object. @throws ToolError `usage`, `file-failed`, `unsafe-file` */
export function readSchema(given: string): Record<string, unknown> {
  const isInline = /^\s*\{/.test(given);
  const text = isInline ? given : readText(given.replace(/^@/, ""));
  const where = isInline ? "--schema" : `--schema ${given}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usage(`${where}: expected a JSON Schema, got what is no JSON (${(error as Error).message})`, 'As in: --schema \'{"type": "object", "properties": {"name": {"type": "string"}}}\'');
  }
  if (isObject(value)) return value;
  throw usage(`${where}: expected a JSON Schema, which is an object, got ${shorten(JSON.stringify(value))}`);
}
