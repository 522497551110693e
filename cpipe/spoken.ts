import { plain } from "./describe.ts";
import { asText, isObject } from "./options.ts";
import type { Presenter } from "./render.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

/** The answers of tools that speak and listen, in words: an utterance with its words' times for everybody, the rest on a terminal only. */
export function spokenIn(tty: boolean, style: Style): Presenter {
  return (event) => {
    if (event.event === "heard" && Array.isArray(event["words"]) && event["words"].length > 0) return wordLines(event["words"].filter(isObject), style);
    if (event.event === "partial") return ""; // the whole follows
    if (!tty) return null;
    if (event.event === "said") return style.faint(`${seconds(event["seconds"])} s${typeof event["path"] === "string" ? ` in ${plain(event["path"])}` : ""}`);
    if (event.event === "voices" && Array.isArray(event["voices"])) return voicesTable(event["voices"].filter(isObject), style);
    if (event.event === "devices" && Array.isArray(event["devices"])) return devicesTable(event["devices"].filter(isObject), style);
    return null;
  };
}

/** `start  end  word`, one line each, in seconds: what `sort`, `awk` and a label track take. */
function wordLines(words: readonly Record<string, unknown>[], style: Style): string {
  return words.map(({ word, start, end }) => `${style.faint(`${seconds(start)}\t${seconds(end)}`)}\t${plain(asText(word))}`).join("\n");
}

function seconds(value: unknown): string {
  return typeof value === "number" ? value.toFixed(2) : "?";
}

function voicesTable(voices: readonly Record<string, unknown>[], style: Style): string {
  const rows = voices.map(({ name, languages, description, engine }) => ({
    cells: [{ text: plain(asText(name)), paint: style.strong }, { text: Array.isArray(languages) ? languages.map(asText).join(", ") : "" }, { text: plain(asText(description)) }, { text: asText(engine) }],
  }));
  return renderTable(["VOICE", "LANGUAGES", "", "ENGINE"], rows, style.faint, style);
}

function devicesTable(devices: readonly Record<string, unknown>[], style: Style): string {
  if (devices.length === 0) return style.faint("there is no such device");
  const rows = devices.map(({ index, name, description, channels, standard }) => ({
    cells: [
      { text: String(index), right: true },
      { text: plain(asText(name)), paint: style.strong },
      { text: String(channels), right: true },
      { text: `${plain(asText(description))}${standard === true ? " (used unless another is named)" : ""}` },
    ],
  }));
  return renderTable(["", "DEVICE", "CHANNELS", ""], rows, style.faint, style);
}
