import { isSchema, namesIn, objectOf, type Schema } from "../../../pipes/protocol/interfaces/arguments.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { described } from "../../../pipes/rpc/validation.ts";
import { choicesOf, implied, isPlain, merged } from "./parts.ts";
import { pointed } from "./reference.ts";
import { literal, MOST_REPEATED, RULES } from "./rules.ts";

/** A grammar of JSON that fits a schema. */
export interface Grammar {
  readonly text: string;
  /** Whatever the grammar takes as a whole fits the schema. Else it has to be looked at afterwards: no grammar knows of patterns, say. */
  readonly exact: boolean;
}

/**
 * A JSON Schema as a grammar of llama.cpp's. Properties come in the order of the schema, optional ones may be left out, and others come only where
 * the schema says that there may be some; references may be recursive. @throws ToolError `invalid-request` with the place
 */
export function gbnfOf(schema: Schema): Grammar {
  const writer = new Writer(schema);
  const root = writer.expression(schema, { path: "$.schema", depth: 0, rule: "root" });
  const rules = [["root", root], ...writer.rules, ...Object.entries(RULES)];
  return { text: rules.map(([name, text]) => `${name} ::= ${text}`).join("\n"), exact: writer.exact };
}

/** Where in a schema. `rule` is the one that what stands here may begin; null where something is written before it. */
interface Place {
  readonly path: string;
  readonly depth: number;
  readonly rule: string | null;
}

const DEEPEST = 64;
const MOST_RULES = 5000;
/** In characters; a part counts for `PART` at least. */
const MOST_WRITTEN = 2 ** 23;
const PART = 100;
/** A range of so many numbers is written out. */
const MOST_NUMBERS = 200;
const FORMATS: ReadonlyMap<unknown, string> = new Map([["date", "date"], ["time", "time"], ["date-time", "moment"], ["uuid", "uuid"]]);

class Writer {
  readonly rules = new Map<string, string>();
  exact = true;
  readonly #root: Schema;
  /** Rules by their text, and those of what was referred to by the reference. */
  readonly #names = new Map<string, string>();
  /** Which rules of references may begin with which. */
  readonly #leads = new Map<string, string[]>();
  /** How much has been written, what was written into something else included: parts that repeat each other double with each level. */
  #written = 0;

  constructor(root: Schema) {
    this.#root = root;
  }

  expression(schema: unknown, place: Place): string {
    const text = this.#expression(schema, place);
    this.#written += text.length + PART;
    if (this.#written > MOST_WRITTEN) throw invalid("$.schema", "a smaller schema", "one that becomes too long when its parts are written out");
    return text;
  }

  #expression(schema: unknown, place: Place): string {
    if (schema === true) return "any";
    if (!isSchema(schema)) throw invalid(place.path, "a JSON Schema that something can fit", described(schema));
    if (place.depth > DEEPEST) throw invalid(place.path, `a schema of at most ${DEEPEST} levels`, "one with more");
    const { $ref: reference, const: only, enum: values, type, allOf } = schema;
    if (typeof reference === "string") return this.#reference(reference, schema, place);
    const deeper = { ...place, depth: place.depth + 1 };
    if (Array.isArray(allOf)) {
      this.exact = false;
      const { allOf: _, ...own } = schema;
      return this.expression(merged(own, allOf.map((part) => this.#resolved(part, place))), deeper);
    }
    if (only !== undefined || Array.isArray(values)) {
      if (!isPlain(schema, ["const", "enum", "type"])) this.exact = false;
      return only === undefined ? this.#oneOf((values as unknown[]).map(literal), place) : literal(only);
    }
    const { members, exact } = choicesOf(schema);
    if (!exact) this.exact = false;
    if (members !== null) return this.#oneOf(members.map((member) => this.expression(member, deeper)), place);
    this.#unheld(schema, ["not", "if", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef"]);
    return Array.isArray(type) ? this.#oneOf(type.map((one) => this.#typed(one, schema, place)), place) : this.#typed(type ?? implied(schema), schema, place);
  }

  #typed(type: unknown, schema: Schema, place: Place): string {
    switch (type) {
      case "string":
        return this.#string(schema);
      case "integer":
        return this.#integer(schema);
      case "number":
        this.#unheld(schema, ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]);
        return "number";
      case "boolean":
      case "null":
        return type;
      case "array":
        return this.#array(schema, place);
      case "object":
        return this.#object(schema, place);
      case undefined:
        return "any";
      default:
        throw invalid(`${place.path}.type`, "string, number, integer, boolean, null, array or object", described(type));
    }
  }

  #string(schema: Schema): string {
    const { format, minLength, maxLength } = schema;
    this.#unheld(schema, ["pattern"]);
    const rule = FORMATS.get(format);
    if (rule !== undefined) {
      this.#unheld(schema, ["minLength", "maxLength"]);
      return String.raw`"\"" ${rule} "\""`;
    }
    return minLength === undefined && maxLength === undefined ? "string" : String.raw`"\"" char${this.#times(minLength, maxLength)} "\""`;
  }

  #integer(schema: Schema): string {
    const { minimum, maximum } = schema;
    this.#unheld(schema, ["exclusiveMinimum", "exclusiveMaximum", "multipleOf"]);
    const from = Math.ceil(Number(minimum));
    const count = Math.floor(Number(maximum)) - from + 1;
    if (count >= 1 && count <= MOST_NUMBERS) return `(${Array.from({ length: count }, (_, n) => literal(from + n)).join(" | ")})`;
    if (maximum !== undefined || (minimum !== undefined && minimum !== 0)) this.exact = false;
    return typeof minimum === "number" && minimum >= 0 ? "natural" : "integer";
  }

  #array(schema: Schema, place: Place): string {
    const { items, prefixItems, minItems = 0, maxItems } = schema;
    this.#unheld(schema, ["uniqueItems", "contains"]);
    const first = [prefixItems, items].find((list) => Array.isArray(list)) as unknown[] | undefined;
    if (first !== undefined) {
      // As many as the schema tells apart, whatever it says of further ones.
      if (Number(minItems) > first.length || Number(maxItems) < first.length) this.exact = false;
      const members = first.map((member, n) => this.expression(member, inside(place, `prefixItems[${n}]`)));
      return `"[" space ${members.join(' "," space ')} space "]"`;
    }
    if (items === false || maxItems === 0) return `"[" space "]"`;
    const item = this.#named(this.expression(items ?? true, inside(place, "items")));
    const least = Number(minItems);
    const others = `("," space ${item})${this.#times(Math.max(0, least - 1), typeof maxItems === "number" ? maxItems - 1 : undefined)}`;
    return `"[" space ${least > 0 ? `${item} ${others}` : `(${item} ${others})?`} space "]"`;
  }

  #object(schema: Schema, place: Place): string {
    this.#unheld(schema, ["patternProperties", "propertyNames", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "dependencies"]);
    const required = namesIn(schema["required"]);
    const others = schema["additionalProperties"];
    const unnamed = required.filter((name) => !Object.hasOwn(objectOf(schema["properties"]), name)).map((name) => [name, others ?? true] as const);
    const properties: ReadonlyArray<readonly [string, unknown]> = [...Object.entries(objectOf(schema["properties"])), ...unnamed];
    const members = properties
      .filter(([name, property]) => property !== false || required.includes(name))
      .map(([name, property]) => ({ text: this.#named(`${literal(name)} ":" space ${this.expression(property, inside(place, `properties.${name}`))}`), required: required.includes(name) }));
    const open = others === true || isSchema(others) || (others === undefined && members.length === 0);
    if (open && members.length > 0) this.exact = false; // a name may come twice
    const more = open ? this.#named(`string ":" space ${this.expression(others ?? true, inside(place, "additionalProperties"))}`) : null;
    return `"{" space ${this.#members(members, more)} "}"`;
  }

  /** Each member at most once, in order. What comes first has no comma before it, so what may come first is told apart from what follows. */
  #members(members: ReadonlyArray<{ readonly text: string; readonly required: boolean }>, more: string | null): string {
    let behind = more === null ? "space" : `("," space ${more})* space`;
    let first = more === null ? [""] : [`${more} ${behind}`, ""];
    for (const { text, required } of members.toReversed()) {
      const rest = this.#named(behind);
      first = [`${text} ${rest}`, ...(required ? [] : first)];
      behind = required ? `"," space ${text} ${rest}` : `("," space ${text})? ${rest}`;
    }
    const some = first.filter((text) => text !== "");
    return some.length === 0 ? "" : `(${some.join(" | ")})${some.length < first.length ? "?" : ""}`;
  }

  /** What is referred to has a rule of its own, so it may refer to itself; but not begin with itself. */
  #reference(reference: string, schema: Schema, place: Place): string {
    const path = `${place.path}.$ref`;
    if (!isPlain(schema, ["$ref"])) this.exact = false;
    const known = this.#names.get(`$ref ${reference}`);
    const name = known ?? `r${this.#names.size}`;
    if (place.rule !== null) this.#lead(place.rule, name, path);
    if (known !== undefined) return name;
    this.#names.set(`$ref ${reference}`, name);
    const target = pointed(this.#root, reference);
    if (target === undefined) throw invalid(path, "a reference to a place in this schema, as #/$defs/name", described(reference));
    this.#add(name, this.expression(target, { path: place.path, depth: place.depth + 1, rule: name }));
    return name;
  }

  #lead(from: string, to: string, path: string): void {
    this.#leads.set(from, [...(this.#leads.get(from) ?? []), to]);
    const reached = new Set([to]);
    for (const name of reached) for (const next of this.#leads.get(name) ?? []) reached.add(next);
    if (reached.has(from)) throw invalid(path, "a reference that leads to something", "one that leads back to itself");
  }

  #resolved(part: unknown, place: Place): unknown {
    if (!isSchema(part) || typeof part["$ref"] !== "string") return part;
    const { $ref: reference, ...rest } = part;
    const target = pointed(this.#root, reference);
    if (!isSchema(target)) throw invalid(`${place.path}.allOf`, "references to places in this schema, as #/$defs/name", described(reference));
    return { ...target, ...rest };
  }

  /** An expression under a name; a short one is as good itself. */
  #named(text: string): string {
    if (/^[a-z0-9]+$/.test(text)) return text;
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = `r${this.#names.size}`;
    this.#names.set(text, name);
    this.#add(name, text);
    return name;
  }

  #add(name: string, text: string): void {
    if (this.rules.size >= MOST_RULES) throw invalid("$.schema", "a smaller schema", `one of more than ${MOST_RULES} parts`);
    this.rules.set(name, text);
  }

  #oneOf(texts: readonly string[], { path }: Place): string {
    if (texts.length === 0) throw invalid(path, "a JSON Schema that something can fit", "a choice of nothing");
    return texts.length === 1 ? texts[0]! : `(${texts.join(" | ")})`;
  }

  #times(least: unknown, most: unknown): string {
    if (Number(least ?? 0) > MOST_REPEATED || Number(most ?? 0) > MOST_REPEATED) this.exact = false;
    const from = Math.min(Number(least ?? 0), MOST_REPEATED);
    return `{${from},${typeof most === "number" && most <= MOST_REPEATED ? Math.max(most, from) : ""}}`;
  }

  #unheld(schema: Schema, keywords: readonly string[]): void {
    if (keywords.some((keyword) => keyword in schema)) this.exact = false;
  }
}

function inside({ path, depth }: Place, name: string): Place {
  return { path: `${path}.${name}`, depth: depth + 1, rule: null };
}

function invalid(path: string, expected: string, got: string): ToolError {
  return new ToolError("invalid-request", { path, expected, got });
}
