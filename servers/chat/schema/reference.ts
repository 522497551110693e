import { isSchema, type Schema } from "../../../pipes/protocol/interfaces/arguments.ts";

/** What `#/$defs/name` points at, by RFC 6901; undefined where there is nothing, or the reference leads out of the schema. */
export function pointed(root: Schema, reference: string): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let found: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const name = decoded(part);
    if (Array.isArray(found)) found = found[Number(name)] as unknown;
    else if (isSchema(found) && Object.hasOwn(found, name)) found = found[name];
    else return undefined;
  }
  return found;
}

function decoded(part: string): string {
  const plain = part.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
