import type { Key } from "../terminal/keys.ts";
import { pressedInFleet } from "./fleet.ts";
import { afterLogged, pressedInLogs } from "./logs.ts";
import { type Message, type Model, type Notice, selectedTool, type Updated } from "./model.ts";
import { afterAnswer, afterDescribed, pressedInMessenger } from "./messenger/update.ts";
import { afterEvent, afterRegistry } from "./news.ts";
import { pressedInText } from "./reading.ts";
import { edited } from "./field.ts";
import { row } from "./row.ts";

/** What follows from one thing that has happened. Pure: what is to be done about it comes back as effects. `now` in ms since 1970. */
export function update(model: Model, message: Message, now: number): Updated {
  switch (message.type) {
    case "key":
      return pressed(model, message.key, now);
    case "resized":
      return [{ ...model, size: message.size }, []];
    case "registry":
      return [afterRegistry(model, message.registry), []];
    case "attached":
      // They stay where they are: a key that is pressed now is meant for the one that is seen.
      return [{ ...model, attached: true, trouble: null, unheard: model.tools.map(({ name }) => name) }, []];
    case "detached":
      return [{ ...model, attached: false, trouble: message.reason }, []];
    case "event":
      return [afterEvent(model, message.event), []];
    case "logged":
      return [afterLogged(model, message.lines), []];
    case "done":
      return [ended(model, message.id, { text: message.text, failed: false, full: message.full }), []];
    case "failed":
      return [ended(model, message.id, { text: message.reason, failed: true, full: [row(message.reason)] }), []];
    case "said":
      return [{ ...model, notice: { text: message.text, failed: message.failed, full: [row(message.text)] } }, []];
    case "described":
      return [afterDescribed(model, message.tool, message.interfaces), []];
    case "answered":
    case "answer-ended":
      return [afterAnswer(model, message), []];
  }
}

function pressed(model: Model, key: Key, now: number): Updated {
  const general = EVERYWHERE[key.id];
  if (general !== undefined) return [model, [{ do: general }]];
  if (model.question !== null) return answered(model, key);
  const quiet = { ...model, notice: null };
  switch (model.page.kind) {
    case "fleet":
      return pressedInFleet(model, key);
    case "details":
    case "text":
      return pressedInText(quiet, model.page, key, now);
    case "logs":
      return pressedInLogs(quiet, model.page, key);
    case "messenger":
      return pressedInMessenger(quiet, model.page, key);
  }
}

const EVERYWHERE: Readonly<Record<string, "suspend" | "redraw" | "interrupt">> = { "ctrl-z": "suspend", "ctrl-l": "redraw", "ctrl-c": "interrupt" };

/** A question in the last row takes every key. */
function answered(model: Model, key: Key): Updated {
  const { question } = model;
  if (question?.kind === "confirm") {
    const closed = { ...model, question: null };
    return key.id === "y" || key.id === "Y" ? [{ ...closed, running: [...model.running, { id: question.effect.id, what: question.what }] }, [question.effect]] : [closed, []];
  }
  if (key.id === "enter") return [{ ...model, question: null, selected: selectedTool(model)?.name ?? null }, []];
  if (key.id === "escape" || key.id === "ctrl-g") return [{ ...model, question: null, filter: question?.before ?? "" }, []];
  return [{ ...model, filter: edited({ text: model.filter, cursor: model.filter.length }, key, false).text }, []];
}

/** What there is to read is shown at once, unless something else is looked at. */
function ended(model: Model, id: number, notice: Notice): Model {
  const after = { ...model, running: model.running.filter((one) => one.id !== id), notice };
  if (notice.failed || notice.full.length === 0 || model.page.kind !== "fleet") return after;
  return { ...after, page: { kind: "text", title: notice.text, lines: notice.full, scroll: 0, back: model.page } };
}
