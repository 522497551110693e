import { ToolError } from "../../pipes/protocol/errors.ts";
import { places } from "../../pipes/protocol/places.ts";
import { findTemplate, listTemplates, type Template } from "../asking/templates.ts";
import { type Conversation, findConversation, listConversations, removeConversation } from "../conversations/store.ts";
import { elapsed, plain } from "../describe.ts";
import type { KeptTask } from "../kept.ts";
import { markdownStyle } from "../markdown/look.ts";
import { MarkdownWriter } from "../markdown/writer.ts";
import { say } from "../output.ts";
import type { Style } from "../style.ts";
import { renderTable } from "../table.ts";
import { fit } from "../terminal/width.ts";

/** `cpipe --conversations`, `cpipe --templates`: the text to be printed. @throws ToolError `not-found`, `usage`, `file-failed`, `unsafe-file` */
export function kept({ kind, name, remove, json, raw }: KeptTask, tty: boolean, style: Style): string {
  const inJson = (value: object): string => `${JSON.stringify(value)}\n`;
  if (remove.length > 0) {
    removeAll(remove);
    return json ? inJson({ removed: remove }) : "";
  }
  if (kind === "templates") {
    if (name !== null) return json ? inJson(toldOf(findTemplate(name))) : `${findTemplate(name).text}\n`;
    const templates = listTemplates();
    return json ? inJson({ folder: places().templates, templates: templates.map(toldOf) }) : templatesTable(templates, style);
  }
  if (name === null) return json ? inJson({ conversations: listConversations() }) : conversationsTable(style);
  const conversation = findConversation(name);
  if (conversation.unread > 0) say(`${name}: what could not be read of its file was left out (${conversation.unread} ${conversation.unread === 1 ? "line" : "lines"})`);
  if (json) return inJson(saidIn(conversation));
  return transcriptOf(conversation, tty && !raw && process.env["TERM"] !== "dumb" ? style : null);
}

/** All that are there, and then why the others could not be. */
function removeAll(names: readonly string[]): void {
  const failures = names.flatMap((name) => {
    try {
      removeConversation(name);
      return [];
    } catch (error) {
      return [ToolError.from(error, "file-failed", { path: name })];
    }
  });
  for (const failure of failures.slice(1)) say(failure.message);
  if (failures[0] !== undefined) throw failures[0];
}

/** The latest first. */
export function conversationsTable(style: Style): string {
  const now = Date.now();
  const rows = listConversations().map(({ name, tool, turns, updated, about }) => ({
    cells: [{ text: name, paint: style.strong }, { text: plain(tool) }, { text: String(turns), right: true }, { text: `${elapsed(now - Date.parse(updated))} ago` }, { text: plain(fit(about, 60)), paint: style.faint }],
  }));
  if (rows.length === 0) return "no conversations; one begins with: cpipe chat ask --conversation NAME …\n";
  return renderTable(["NAME", "TOOL", "TURNS", "LAST", "ABOUT"], rows, style.faint, { width: style.width, spare: ["ABOUT", "TOOL", "LAST", "TURNS"] });
}

function templatesTable(templates: readonly Template[], style: Style): string {
  if (templates.length === 0) return `no templates; one is a file NAME.md in ${places().templates}\n`;
  const rows = templates.map(({ name, text, params }) => ({
    cells: [{ text: plain(name), paint: style.strong }, { text: [...params].map(([param, usual]) => (usual === null ? param : `${param}=${usual}`)).map(plain).join(", ") }, { text: plain(fit(text.trim().replaceAll(/\s+/g, " "), 60)), paint: style.faint }],
  }));
  return renderTable(["NAME", "PARAMETERS", "TEXT"], rows, style.faint, { width: style.width, spare: ["TEXT", "PARAMETERS"] });
}

function toldOf({ name, path, text, params }: Template): object {
  return { name, path, params: Object.fromEntries(params), text };
}

function saidIn({ name, tool, system, turns }: Conversation): object {
  return { name, tool, system, turns: turns.map(({ role, content, at, stopped }) => ({ role, content, at, ...(stopped === undefined ? {} : { stopped }) })) };
}

/** As Markdown, with who speaks above each turn; rendered for a terminal of this style. */
export function transcriptOf({ system, turns }: Pick<Conversation, "system" | "turns">, style: Style | null): string {
  const told = [...(system === null ? [] : [{ role: "system", content: system, stopped: undefined }]), ...turns];
  return told
    .map(({ role, content, stopped }) => {
      const who = `${role}${stopped === true ? " (stopped)" : ""}`;
      if (style === null) return `## ${who}\n\n${content.replace(/\n*$/, "")}\n`;
      const writer = new MarkdownWriter({ width: style.width, style: markdownStyle() });
      return `${style.faint(`── ${who}`)}\n${writer.push(content)}${writer.end()}`;
    })
    .join("\n");
}
