import { isAbsolute, relative } from "node:path";
import { plain } from "./describe.ts";
import { asText, isObject } from "./options.ts";
import type { Presenter } from "./render.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

/** Lines of a passage that are shown on a terminal. */
const MOST_LINES = 8;

/** The answers of a vector tool in words: hits as passages for everybody, the rest on a terminal only. */
export function foundIn(tty: boolean, style: Style): Presenter {
  return (event) => {
    if (event.event === "hits" && Array.isArray(event["hits"])) return hitsText(event["hits"].filter(isObject), tty, style);
    if (event.event === "added" && Array.isArray(event["ids"])) return event["ids"].map((id) => plain(asText(id))).join("\n");
    if (!tty) return null;
    if (event.event === "indexed") return indexedLine(event, style);
    if (event.event === "collections" && Array.isArray(event["collections"])) return collectionsTable(event["collections"].filter(isObject), style);
    return null;
  };
}

/** `FILE:LINE: heading` and the passage, as Vim's quickfix list and the editors' terminals know it; on a terminal shortened, with the words that were found. */
function hitsText(hits: readonly Record<string, unknown>[], tty: boolean, style: Style): string {
  if (hits.length === 0) return tty ? style.faint("nothing was found") : "";
  return hits.map((hit) => hitText(hit, tty, style)).join("\n");
}

function hitText(hit: Record<string, unknown>, tty: boolean, style: Style): string {
  const metadata = isObject(hit["metadata"]) ? hit["metadata"] : {};
  const heading = plain(asText(metadata["heading"]));
  const score = tty && typeof hit["score"] === "number" ? style.faint(` ${hit["score"].toFixed(2)}`) : "";
  const lines = asText(hit["text"]).trimEnd().split("\n").map((line) => (tty ? plain(line) : line));
  const shown = tty ? lines.slice(0, MOST_LINES).map((line) => marked(line, hit["words"], style)) : lines;
  const more = lines.length > shown.length ? [style.faint(`… ${lines.length - shown.length} more lines`)] : [];
  const indented = [...shown, ...more].map((line) => (tty ? `  ${line}` : line));
  return `${style.strong(placeOf(hit, metadata))}${heading === "" ? "" : ` ${heading}`}${score}\n${indented.join("\n")}\n`;
}

/** A passage by its file and line, seen from here where it is below; anything else by its id. */
function placeOf(hit: Record<string, unknown>, { path, line }: Record<string, unknown>): string {
  if (typeof path !== "string" || typeof line !== "number") return `${plain(asText(hit["id"]))}:`;
  const near = relative(process.cwd(), path);
  return `${plain(near !== "" && !near.startsWith("..") && !isAbsolute(near) ? near : path)}:${line}:`;
}

function marked(line: string, words: unknown, style: Style): string {
  const wanted = new Set(Array.isArray(words) ? words.map(asText) : []);
  return wanted.size === 0 ? line : line.replaceAll(/[\p{L}\p{M}\p{N}]+/gu, (word) => (wanted.has(word) ? style.good(word) : word));
}

function indexedLine({ files, changed, removed, passages, skipped }: Record<string, unknown>, style: Style): string {
  const left = Array.isArray(skipped) ? skipped.filter(isObject) : [];
  const counts = `${counted(files, "file")}, ${String(changed)} read anew (${counted(passages, "passage")}), ${String(removed)} gone`;
  return [counts, ...left.map(({ path, reason }) => style.faint(`skipped ${plain(asText(path))}: ${plain(asText(reason))}`))].join("\n");
}

function counted(count: unknown, what: string): string {
  return `${String(count)} ${what}${count === 1 ? "" : "s"}`;
}

function collectionsTable(collections: readonly Record<string, unknown>[], style: Style): string {
  if (collections.length === 0) return style.faint("there is no collection yet");
  const rows = collections.map(({ name, rows: count, dimensions, embedder, bytes, folders, damage }) => {
    const indexed = Array.isArray(folders) ? folders.filter(isObject).map(({ path, follow }) => `${plain(asText(path))}${follow === true ? " (followed)" : ""}`) : [];
    return {
      cells: [
        { text: plain(asText(name)), paint: style.strong },
        { text: String(count), right: true },
        { text: typeof bytes === "number" ? `${(bytes / 1024 / 1024).toFixed(1)} MiB` : "", right: true },
        { text: plain(typeof embedder === "string" ? embedder : typeof dimensions === "number" ? `${dimensions} dimensions` : "") },
        { text: indexed.join(", ") },
      ],
      notes: typeof damage === "string" ? [`  ${style.bad(plain(damage))}`] : [],
    };
  });
  return renderTable(["COLLECTION", "ROWS", "SIZE", "VECTORS", "FOLDERS"], rows, style.faint, style);
}
