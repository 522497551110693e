import { isatty } from "node:tty";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { ChatMessage } from "../../pipes/protocol/interfaces/chat.ts";
import { ofFittingSize, textOrFile } from "../compose.ts";
import { messageOf, messagesOf, type Said } from "../conversations/format.ts";
import { type Conversation, createConversation, openConversation } from "../conversations/store.ts";
import { lastConversation, noteConversation, thisTerminal } from "../conversations/terminal.ts";
import type { Asking, Options } from "../flags.ts";
import { lastCodeBlock } from "../markdown/code.ts";
import { isObject, usage } from "../options.ts";
import { say, writeError } from "../output.ts";
import { harmless } from "../terminal/width.ts";
import type { Request } from "./asked.ts";
import { contextOf } from "./context.ts";
import { readSchema } from "./schema.ts";
import { fillTemplate, findTemplate } from "./templates.ts";

/** A question to a model with its context, and its place in a conversation. */
export interface Turn {
  readonly request: Request;
  /** Adds the question and its answer to the conversation, if it is in one. @throws ToolError `disk-full`, `file-failed`, `unsafe-file` */
  keep(answer: string, stopped: boolean): void;
  /** The last code block of the answer. @throws ToolError `no-code-block` */
  code(answer: string): string;
}

/** Puts together what is asked. @throws ToolError `usage`, `file-failed`, `unsafe-file` */
export function prepareTurn({ tool, cmd, args }: Request & { readonly tool: string }, options: Options): Turn {
  const { asking } = options;
  check(options);
  const conversation = conversationOf(asking, tool);
  const { said, system: given, rest } = cmd.toLowerCase() === "ask" ? fromAsk(args) : fromChat(args);
  const asked = withContext(said, asking);
  const system = asking.system === null ? given : textOrFile(asking.system);
  const shape = asking.schema === null ? {} : { schema: readSchema(asking.schema) };
  const request = conversation === null ? alone(cmd, asked, system, { ...rest, ...shape }) : within(conversation.known, cmd, asked, system, { ...rest, ...shape });
  return {
    request: { ...request, args: ofFittingSize(request.args) },
    keep: (answer, stopped) => conversation?.keep(system, [...asked.filter(isTurn), { role: "assistant", content: answer, ...(stopped ? { stopped } : {}) }]),
    code: (answer) => {
      const code = lastCodeBlock(answer);
      if (code !== null) return code;
      writeError(`${harmless(answer)}\n`);
      throw new ToolError("no-code-block");
    },
  };
}

function check({ asking, output, noWait, noSubscribe }: Options): void {
  const keeps = asking.continues || asking.conversation !== null;
  if (asking.continues && asking.conversation !== null) throw usage("-c is this terminal's last conversation, --conversation one of a name; give one of them");
  if ((keeps || asking.extract) && (noWait || noSubscribe)) throw usage(`${asking.extract ? "-x" : "a conversation"} needs the answer, for which -n and --no-subscribe do not wait`);
  if (asking.extract && output !== "text") throw usage(`-x prints code as it is, not -o ${output}`);
  if (asking.template === null && Object.keys(asking.params).length > 0) throw usage("--param is what stands in a template, and none is named", "As in: cpipe chat ask -t translate --param language=Dutch");
}

/** A conversation that goes on: what is known of it, and how to add to it. */
interface Kept {
  readonly known: Pick<Conversation, "system" | "turns"> | null;
  keep(system: string | null, said: readonly Said[]): void;
}

/** @throws ToolError `usage` where there is no terminal to go on in, `file-failed`, `unsafe-file` */
function conversationOf({ continues, conversation }: Asking, tool: string): Kept | null {
  if (!continues && conversation === null) return null;
  const terminal = thisTerminal();
  if (continues && terminal === null) throw usage("-c goes on with this terminal's last conversation, and there is no terminal here", "Name one: --conversation NAME");
  const name = conversation ?? lastConversation(terminal ?? "");
  const known = name === null ? null : openConversation(name, { tool });
  if (known !== null && known.unread > 0) say(`${known.name}: ${known.unread === 1 ? "a line" : `${known.unread} lines`} of its file could not be read, and ${known.unread === 1 ? "was" : "were"} left out`);
  return {
    known,
    keep: (system, said) => {
      const kept = known ?? createConversation(said[0]?.content ?? "", { tool });
      if (known === null && isatty(2)) say(`this terminal had no conversation yet; it has begun '${kept.name}'`);
      if (system !== null) kept.setSystem(system);
      kept.append(...said);
      if (terminal !== null) noteConversation(terminal, kept.name);
    },
  };
}

interface Question {
  readonly said: readonly ChatMessage[];
  readonly system: string | null;
  /** The other arguments. */
  readonly rest: Record<string, unknown>;
}

function fromAsk({ data, prompt = data, system, ...rest }: Record<string, unknown>): Question {
  return { said: typeof prompt === "string" && prompt !== "" ? [{ role: "user", content: prompt }] : [], system: typeof system === "string" ? system : null, rest };
}

function fromChat({ messages, ...rest }: Record<string, unknown>): Question {
  const given = messages ?? [];
  if (!Array.isArray(given) || !given.every(isMessage)) throw usage('messages: expected [{"role": …, "content": …}, …]');
  const system = given.find(({ role }) => role === "system")?.content ?? null;
  return { said: given.filter(({ role }) => role !== "system"), system, rest };
}

/** What is asked as the template has it, with the files below. @throws ToolError `usage`, `file-failed`, `unsafe-file` */
export function promptOf(input: string, { template, params, files }: Pick<Asking, "template" | "params" | "files">): string {
  const prompt = template === null ? input : fillTemplate(findTemplate(template), input, params);
  return [prompt, contextOf(files)].filter((part) => part !== "").join("\n\n");
}

/** The last thing that the user says, with its context. @throws ToolError `usage`, `file-failed`, `unsafe-file` */
function withContext(said: readonly ChatMessage[], asking: Asking): ChatMessage[] {
  const last = said.at(-1);
  const [before, input] = last?.role === "user" ? [said.slice(0, -1), last.content] : [said, ""];
  const content = promptOf(input, asking);
  if (content === "") throw usage("nothing is asked", "Give a prompt, a file (-f) or a template (-t)");
  return [...before, { role: "user", content }];
}

function alone(cmd: string, said: readonly ChatMessage[], system: string | null, rest: Record<string, unknown>): Request {
  if (cmd.toLowerCase() !== "ask") return { cmd, args: { messages: messagesOf(system, said), ...rest } };
  return { cmd, args: { data: said.at(-1)?.content, ...(system === null ? {} : { system }), ...rest } };
}

/** `ask` knows of nothing that was said before. */
function within(known: Kept["known"], cmd: string, said: readonly ChatMessage[], system: string | null, rest: Record<string, unknown>): Request {
  const before = (known?.turns ?? []).map(messageOf);
  return { cmd: cmd.toLowerCase() === "ask" ? "chat" : cmd, args: { messages: messagesOf(system ?? known?.system ?? null, [...before, ...said]), ...rest } };
}

/** As far as it matters here; the server looks at the rest. */
function isMessage(value: unknown): value is ChatMessage {
  return isObject(value) && typeof value["role"] === "string" && typeof value["content"] === "string";
}

function isTurn(message: ChatMessage): message is ChatMessage & Pick<Said, "role"> {
  return message.role === "user" || message.role === "assistant";
}
