import { ToolError } from "../protocol/errors.ts";

/** What the service templates need to know of an installation. All are absolute paths but `path`, which is $PATH. */
export interface Installation {
  node: string;
  daemon: string;
  path: string;
  /** `file:` or `https:` URL. */
  readme: string;
  /** The folder of the logs; launchd does not make it. */
  logs: string;
}

/** `systemd/pipe-tools.service`, filled in. @throws ToolError `usage` */
export function systemdUnit(template: string, { node, daemon, path, readme }: Installation): string {
  return fillTemplate(template, { NODE: node, DAEMON: daemon, PATH: path, README: readme }, quoteForUnit);
}

/** `launchd/io.github.pipe-tools.plist`, filled in. @throws ToolError `usage` */
export function launchAgent(template: string, { node, daemon, path, logs }: Installation): string {
  return fillTemplate(template, { NODE: node, DAEMON: daemon, PATH: path, LOGS: logs }, quoteForXml);
}

/**
 * Puts each value, quoted for the file's format, where the text says `@NAME@`.
 * @throws ToolError `usage` for a placeholder without a value, a value without a placeholder, a line break in a value
 */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>, quote: (value: string) => string = (value) => value): string {
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
  return text.replaceAll(PLACEHOLDER, (_, name: string) => quote(values[name] ?? ""));
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
