import type { InterfaceShape } from "../../../pipes/protocol/interfaces/shape.ts";
import type { RegistryEntry } from "../../../pipes/protocol/registry.ts";
import type { Key } from "../../terminal/keys.ts";
import { keptOf, type Message, type Model, type Updated } from "../model.ts";
import { rowsOf, scrolled } from "../pane.ts";
import { answerLines, withEnd, withEvent } from "./answers.ts";
import { askedIn, formFor, OTHER, typedIn, typedInto } from "./form.ts";
import { fieldColumns } from "./inputs.ts";
import { answersHeight } from "./layout.ts";
import type { Exchange, Form, Messenger } from "./model.ts";

/** So many messages are kept with their answers. */
const MOST_EXCHANGES = 50;
/** The session is ours to open and close; a tool is stopped from where all are shown. */
const NOT_HERE: ReadonlySet<string> = new Set(["subscribe", "unsubscribe", "cancel", "drain", "stop"]);

/** The messenger for a tool: what the daemon knows of its commands at once, the rest as soon as the tool has told it. */
export function opened(model: Model, tool: RegistryEntry): Updated {
  const fresh: Messenger = { kind: "messenger", tool: tool.name, commands: commandsIn(tool.interfaces), at: 0, focus: "commands", form: null, exchanges: [], scroll: null, verbose: false };
  const page = keptOf(model.left, tool.name) ?? fresh;
  return [{ ...model, page }, [{ do: "describe", tool: tool.name }]];
}

/** The tool has told its interfaces. What is chosen stays so. */
export function afterDescribed(model: Model, tool: string, interfaces: readonly InterfaceShape[]): Model {
  const { page } = model;
  if (page.kind !== "messenger" || page.tool !== tool) return model;
  const commands = commandsIn(interfaces);
  const chosen = page.commands[page.at]?.name;
  return { ...model, page: { ...page, commands, at: Math.max(0, commands.findIndex(({ name }) => name === chosen)) } };
}

/** Also for a messenger that was left: what it cancelled ends a moment later. */
export function afterAnswer(model: Model, message: Extract<Message, { type: "answered" | "answer-ended" }>): Model {
  const next = (exchange: Exchange): Exchange => (message.type === "answered" ? withEvent(exchange, message.event, message.text) : withEnd(exchange, message.failure));
  const within = (page: Messenger): Messenger => ({ ...page, exchanges: page.exchanges.map((exchange) => (exchange.id === message.id ? next(exchange) : exchange)) });
  const left = Object.fromEntries(Object.entries(model.left).map(([tool, page]) => [tool, within(page)]));
  return { ...model, left, page: model.page.kind === "messenger" ? within(model.page) : model.page };
}

export function pressedInMessenger(model: Model, page: Messenger, key: Key): Updated {
  if (key.id === "f2") return [{ ...model, page: { ...page, verbose: !page.verbose } }, []];
  switch (page.focus) {
    case "commands":
      return inCommands(model, page, key);
    case "form":
      return page.form === null ? [model, []] : inForm(model, page, page.form, key);
    case "answers":
      return inAnswers(model, page, key);
  }
}

function inCommands(model: Model, page: Messenger, key: Key): Updated {
  const to = (at: number): Updated => [{ ...model, page: { ...page, at: Math.max(0, Math.min(page.commands.length - 1, at)) } }, []];
  const command = page.commands[page.at];
  switch (key.id) {
    case "up":
    case "k":
      return to(page.at - 1);
    case "down":
    case "j":
      return to(page.at + 1);
    case "home":
    case "g":
      return to(0);
    case "end":
    case "G":
      return to(Infinity);
    case "enter":
    case "right":
      return command === undefined ? [model, []] : [{ ...model, page: { ...page, focus: "form", form: formFor(command) } }, []];
    case "tab":
      return page.exchanges.length === 0 ? [model, []] : [{ ...model, page: { ...page, focus: "answers" } }, []];
    case "escape":
    case "q":
    case "left":
      return [{ ...model, page: { kind: "fleet" }, left: { ...model.left, [page.tool]: page } }, running(page).map(({ id }) => ({ do: "cancel", id }) as const)];
    default:
      return scrolledBy(model, page, key);
  }
}

function inForm(model: Model, page: Messenger, form: Form, key: Key): Updated {
  const withForm = (next: Form): Updated => [{ ...model, page: { ...page, form: next } }, []];
  switch (key.id) {
    case "escape":
      return [{ ...model, page: { ...page, focus: "commands", form: null } }, []];
    case "ctrl-s":
      return sent(model, page, form);
    case "enter":
      return form.at >= form.fields.length - 1 ? sent(model, page, form) : withForm({ ...form, at: form.at + 1 });
    case "ctrl-p":
      return withForm(recalled(page, form, 1));
    case "ctrl-n":
      return withForm(recalled(page, form, -1));
    case "page-up":
    case "page-down":
      return scrolledBy(model, page, key);
    default:
      return withForm(typedInto(form, key, fieldColumns(form, model.size.columns)));
  }
}

function inAnswers(model: Model, page: Messenger, key: Key): Updated {
  const under = running(page);
  switch (key.id) {
    case "escape":
      if (under.length > 0) return [model, under.map(({ id }) => ({ do: "cancel", id }) as const)];
      return [{ ...model, page: { ...page, focus: page.form === null ? "commands" : "form" } }, []];
    case "v":
      return [{ ...model, page: { ...page, verbose: !page.verbose } }, []];
    case "enter":
    case "tab":
      return [{ ...model, page: { ...page, focus: page.form === null ? "commands" : "form" } }, []];
    case "q":
      return [{ ...model, page: { ...page, focus: "commands", form: null } }, []];
    default:
      return scrolledBy(model, page, key);
  }
}

/** Sends what the form says, or leads to the field that is wrong. */
function sent(model: Model, page: Messenger, form: Form): Updated {
  const read = askedIn(form);
  if ("reason" in read) {
    const at = form.fields.findIndex(({ arg }) => arg.name === read.name);
    return [{ ...model, page: { ...page, form: { ...form, at, problem: read } } }, []];
  }
  const id = model.nextId;
  const { cmd } = read;
  const exchange: Exchange = { id, form: form.command.name, cmd, typed: typedIn(form), args: read.args, state: "running", lines: [], events: [], news: null };
  const next: Messenger = { ...page, focus: "answers", scroll: null, form: { ...form, problem: null, recalled: 0 }, exchanges: [...page.exchanges, exchange].slice(-MOST_EXCHANGES) };
  return [{ ...model, nextId: id + 1, page: next }, [{ do: "send", id, tool: page.tool, cmd, args: read.args, file: read.file }]];
}

/** The form as it was sent so many messages of this command ago; none ago is an empty one. */
function recalled(page: Messenger, form: Form, by: 1 | -1): Form {
  const sent = page.exchanges.filter((exchange) => exchange.form === form.command.name);
  const back = Math.max(0, Math.min(sent.length, form.recalled + by));
  return back === form.recalled ? form : formFor(form.command, back === 0 ? {} : sent.at(-back)?.typed, back);
}

function scrolledBy(model: Model, page: Messenger, key: Key): Updated {
  const total = rowsOf(answerLines(page.exchanges, page.verbose), model.size.columns).length;
  return [{ ...model, page: { ...page, scroll: scrolled(total, page.scroll, key.id, answersHeight(model, page), true) } }, []];
}

function running({ exchanges }: Messenger): readonly Exchange[] {
  return exchanges.filter(({ state }) => state === "running");
}

/** The tool's own commands first, at last whatever it does not tell of. What is of no use here is left out. */
function commandsIn(interfaces: readonly InterfaceShape[]) {
  const own = interfaces.filter(({ name }) => name !== "base").flatMap(({ commands }) => commands);
  const base = interfaces.filter(({ name }) => name === "base").flatMap(({ commands }) => commands.filter(({ name }) => !NOT_HERE.has(name)));
  return [...own, ...base.filter(({ name }) => !own.some((command) => command.name === name)), OTHER];
}
