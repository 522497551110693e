import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { places } from "../../pipes/protocol/places.ts";
import { parseDuration } from "../../pipes/protocol/quantity.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import { templateNames } from "../conversations/names.ts";
import { usage } from "../options.ts";
import { readText } from "./context.ts";

export interface Template {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** What is to be given with `--param`, and what it is where it is not given: null for what has to be. */
  readonly params: ReadonlyMap<string, string | null>;
}

/** A template's name, or the path of a file (it has a slash, or ends in .md or .txt). @throws ToolError `usage`, `file-failed`, `unsafe-file` */
export function findTemplate(name: string): Template {
  const path = isPath(name) ? name : pathIn(places().templates, name);
  if (path !== null) return templateAt(isPath(name) ? basename(name).replace(ENDING, "") : name, path);
  // -t was once short for --timeout.
  if (parseDuration(name) !== null) throw usage(`there is no template '${name}'`, `The longest silence is --timeout ${name}; -t names a template`);
  const near = suggest(name, templateNames());
  throw usage(`there is no template '${name}' in ${places().templates}`, near === null ? "A template is a file NAME.md or NAME.txt there. See: cpipe --templates" : `Did you mean '${near}'?`);
}

/**
 * The prompt that the template makes: `{{input}}` is where what was asked goes, else that follows below; `{{name}}` is a parameter,
 * `{{name:text}}` one that has `text` where it is not given. @throws ToolError `usage` for a parameter that is missing, or unknown
 */
export function fillTemplate({ name, text, params }: Template, input: string, given: Readonly<Record<string, string>>): string {
  const missing = [...params].filter(([param, usual]) => usual === null && given[param] === undefined).map(([param]) => param);
  if (missing.length > 0) throw usage(`the template '${name}' needs ${missing.join(", ")}`, `Give: ${missing.map((param) => `--param ${param}=…`).join(" ")}`);
  const unknown = Object.keys(given).filter((param) => !params.has(param));
  if (unknown.length > 0) throw usage(`the template '${name}' has no ${unknown.map((param) => `{{${param}}}`).join(", ")}`, params.size === 0 ? "It has no parameters" : `It has: ${[...params.keys()].join(", ")}`);
  let placed = false;
  const filled = text.replaceAll(PLACE, (_, param: string, usual?: string) => {
    if (param !== INPUT) return given[param] ?? usual?.trim() ?? "";
    placed = true;
    return input === "" ? (usual ?? "") : input;
  });
  return placed || input === "" ? filled : `${filled.trimEnd()}\n\n${input}`;
}

/** The user's templates. */
export function listTemplates(): Template[] {
  return templateNames().flatMap((name) => {
    try {
      return [findTemplate(name)];
    } catch {
      return []; // removed meanwhile, or no text
    }
  });
}

const ENDING = /\.(md|txt)$/;
const INPUT = "input";
const PLACE = /\{\{\s*([A-Za-z][A-Za-z0-9_-]*)\s*(?::([^{}]*))?\}\}/g;

function isPath(name: string): boolean {
  return name.includes("/") || ENDING.test(name);
}

function pathIn(folder: string, name: string): string | null {
  try {
    const files = readdirSync(folder);
    const file = [`${name}.md`, `${name}.txt`].find((candidate) => files.includes(candidate));
    return file === undefined ? null : join(folder, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw ToolError.from(error, "file-failed", { path: folder });
  }
}

function templateAt(name: string, path: string): Template {
  const text = readText(path).replace(/\n$/, "");
  const params = new Map<string, string | null>();
  for (const [, param = "", usual] of text.matchAll(PLACE)) if (param !== INPUT) params.set(param, usual?.trim() ?? params.get(param) ?? null);
  return { name, path, text, params };
}
