import { createHash } from "node:crypto";
import { ToolError } from "../protocol/errors.ts";

/** What the service templates need to know of an installation. All paths are absolute. */
export interface Installation {
  node: string;
  daemon: string;
  /** The daemon's variables, PATH among them; a service manager has few of its own. */
  environment: Readonly<Record<string, string>>;
  /** `file:` or `https:` URL. */
  readme: string;
  /** The folder of the logs; launchd does not make it. */
  logs: string;
}

/** `systemd/pipe-tools.service`, filled in. @throws ToolError `usage` */
export function systemdUnit(template: string, { node, daemon, environment, readme }: Installation): string {
  const variables = Object.entries(environment).map(([name, value]) => `"${quoteForUnit(`${name}=${value}`)}"`);
  const values = { NODE: quoteForUnit(node), DAEMON: quoteForUnit(daemon), README: quoteForUnit(readme), ENVIRONMENT: variables.join(" ") };
  return sealed(template, values);
}

/** `launchd/io.github.pipe-tools.plist`, filled in. @throws ToolError `usage` */
export function launchAgent(template: string, { node, daemon, environment, logs }: Installation): string {
  const variables = Object.entries(environment).map(([name, value]) => `<key>${quoteForXml(name)}</key><string>${quoteForXml(value)}</string>`);
  const values = { NODE: quoteForXml(node), DAEMON: quoteForXml(daemon), LOGS: quoteForXml(logs), ENVIRONMENT: variables.join("") };
  return sealed(template, values);
}

/** Whether a service file was made by us and is as we made it, was changed since, or is not ours. */
export function sealOf(text: string): "intact" | "broken" | "none" {
  const sum = SEAL.exec(text)?.[1];
  if (sum === undefined) return "none";
  return sum === sumOf(text.replace(SEAL, UNSEALED)) ? "intact" : "broken";
}

/** The templates' first comment has the place for the sum of all the rest. */
function sealed(template: string, values: Readonly<Record<string, string>>): string {
  const text = fillTemplate(template, { ...values, SUM: "@SUM@" });
  return text.replace(UNSEALED, `Made by cpipe, sum ${sumOf(text)}`);
}

const UNSEALED = "Made by cpipe, sum @SUM@";
const SEAL = /Made by cpipe, sum ([0-9a-f]{16})/;

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * Puts each value, which is quoted for the file's format already, where the text says `@NAME@`.
 * @throws ToolError `usage` for a placeholder without a value, a value without a placeholder, a line break in a value
 */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>): string {
  const named = new Set(Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name));
  const unknown = [...named].filter((name) => !Object.hasOwn(values, name));
  const missing = Object.keys(values).filter((name) => !named.has(name));
  const broken = Object.keys(values).filter((name) => CONTROL.test(values[name] ?? ""));
  const complaints = [
    ...unknown.map((name) => `no value for @${name}@`),
    ...missing.map((name) => `no place for @${name}@ in it`),
    ...broken.map((name) => `a control character in the value of @${name}@`),
  ];
  if (complaints.length > 0) throw new ToolError("usage", { reason: `the template cannot be filled in: ${complaints.join(", ")}` });
  return text.replaceAll(PLACEHOLDER, (_, name: string) => values[name] ?? "");
}

const PLACEHOLDER = /@([A-Z][A-Z_]*)@/g;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Inside double quotes of a unit file, where `%` starts a specifier. Source: systemd.syntax(7), systemd.unit(5). */
function quoteForUnit(value: string): string {
  return value.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%");
}

function quoteForXml(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
