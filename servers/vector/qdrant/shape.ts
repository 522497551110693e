import { Ajv, type ValidateFunction } from "ajv";
import type { Static, TSchema } from "typebox";

let ajv: Ajv | null = null;
const compiled = new WeakMap<TSchema, ValidateFunction>();

/** Whether a value is what the schema says. Schemas are compiled when they are first needed. */
export function isShaped<Shape extends TSchema>(schema: Shape, value: unknown): value is Static<Shape> {
  let check = compiled.get(schema);
  if (check === undefined) {
    ajv ??= new Ajv({ strict: false, meta: false, validateSchema: false });
    compiled.set(schema, (check = ajv.compile(schema)));
  }
  return check(value);
}
