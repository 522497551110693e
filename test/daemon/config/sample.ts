import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Config, parseConfig } from "../../../daemon/config/parse.ts";
import { summarise } from "../../../daemon/config/problem.ts";
import type { ToolSpec } from "../../../pipes/protocol/spec.ts";

export const ENV = { HOME: "/home/me", SIXTEEN: "16", WORD: "word", EMPTY: "" };

/** A folder of the test's own, gone after it. */
export function folderFor(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "config-test-")));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function fileWith(folder: string, text: string | Buffer, mode = 0o600): string {
  const path = join(folder, "tools.yaml");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** The config of a text that must be valid. */
export function valid(text: string, env: Record<string, string> = ENV): Config {
  const parsed = parseConfig("/etc/pipes/tools.yaml", text, env);
  if (!parsed.ok) throw new Error(parsed.problems.map(summarise).join("\n"));
  return parsed.config;
}

/** The spec of the tool `x`, given the lines of its entry. */
export function specOf(...entry: string[]): ToolSpec {
  const spec = valid(`tools:\n  x:\n${entry.map((line) => `    ${line}\n`).join("")}`).tools.get("x");
  if (spec === undefined) throw new Error("no tool x");
  return spec;
}

/** What is said about a text that must not be valid, one line a problem, without the file's name. */
export function complaints(text: string, env: Record<string, string> = ENV): string[] {
  const parsed = parseConfig("/etc/pipes/tools.yaml", text, env);
  if (parsed.ok) throw new Error("it is valid");
  return parsed.problems.map((problem) => summarise(problem).replace("/etc/pipes/tools.yaml:", ""));
}
