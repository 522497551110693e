import { askInterfaces } from "../../pipes/client/interfaces.ts";
import { DEFAULT_TIMEOUT_MS } from "../../pipes/client/pending.ts";
import { checkReady } from "../../pipes/client/readiness.ts";
import { MAX_DURATION_MS } from "../../pipes/protocol/quantity.ts";
import { places } from "../../pipes/protocol/places.ts";
import type { FieldShape } from "../../pipes/protocol/interfaces/shape.ts";
import type { Task } from "../arguments.ts";
import { contextOf } from "../asking/context.ts";
import { textOrFile } from "../compose.ts";
import { type Conversation, openConversation } from "../conversations/store.ts";
import { lastConversation, thisTerminal } from "../conversations/terminal.ts";
import { History } from "../editor/history.ts";
import type { Options } from "../flags.ts";
import { asksModel, commandIn } from "../interfaces.ts";
import { ASK, usage } from "../options.ts";
import { type Output, writeError } from "../output.ts";
import type { Interruption } from "../signals.ts";
import { styleFor } from "../style.ts";
import { connect, findTarget } from "../target.ts";
import { fieldsOf, sortWords } from "../words.ts";
import { Current } from "./current.ts";
import { Dialogue } from "./dialogue.ts";

const CLOSING_MS = 1_000;

/** `cpipe TOOL` on a terminal, where the tool is a model to talk to: a conversation, until the user leaves. @throws ToolError */
export async function converse(task: Extract<Task, { kind: "converse" }>, out: Output, interruption: Interruption): Promise<void> {
  const { signal } = interruption;
  const target = findTarget(task.tool);
  const known = target.entry?.interfaces;
  if (known !== undefined && !asksModel(known, "chat")) throw task.otherwise;
  checkReady(target);
  const timeout = Math.min(task.options.timeout ?? DEFAULT_TIMEOUT_MS, MAX_DURATION_MS);
  const client = await connect(target, { timeout, signal });
  try {
    const interfaces = known ?? (await askInterfaces(client, { timeout, signal }));
    if (!asksModel(interfaces, "chat")) throw task.otherwise;
    const { fields, options } = requestOf(task, commandIn(interfaces, "chat")?.args ?? []);
    const current = currentOf(options, target.name);
    const history = new History(places().typed);
    const dialogue = new Dialogue({ tool: target.name, client, current, history, fields, asking: options.asking, timeout: Math.min(options.timeout ?? timeout, MAX_DURATION_MS) }, out, interruption);
    dialogue.files.push(...options.asking.files);
    if (current.name === null) dialogue.note(`${target.name}${target.entry?.model == null ? "" : `, ${target.entry.model}`}: /help says what there is, Ctrl-D leaves`);
    else dialogue.recall();
    dialogue.print("\n");
    await dialogue.run();
    if (current.turns.length > 0) writeError(`${styleFor(true).faint(`continue with: ${wayBack(current, task.tool)}`)}\n`);
  } finally {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([client.close(), new Promise((resolve) => (timer = setTimeout(resolve, CLOSING_MS)))]);
    clearTimeout(timer);
  }
}

/** What every request of the conversation has. @throws ToolError `usage`, `file-failed`, `unsafe-file` */
function requestOf({ rest, options: before, otherwise }: Extract<Task, { kind: "converse" }>, args: readonly FieldShape[]): { fields: Record<string, unknown>; options: Options } {
  const { data, flags, options } = sortWords(rest, args, before, ASK);
  // A word is no flag of the conversation: it was to be a command, and the flags stand before it.
  if (data !== null) throw otherwise;
  const { asking } = options;
  for (const [flag, given] of [["--schema", asking.schema !== null], ["-x", asking.extract], ["--raw", asking.raw], ["--data", options.data !== null], ["-o", options.output !== "text" || options.file !== null], ["--speak", options.speak !== null], ["-n", options.noWait || options.noSubscribe], ["-v", options.verbose]] as const) {
    if (given) throw usage(`${flag} is for a single question, not for a conversation`, "As in: cpipe chat ask …");
  }
  if (asking.continues && asking.conversation !== null) throw usage("-c is this terminal's last conversation, --conversation one of a name; give one of them");
  contextOf(asking.files); // what is wrong with them is said before the conversation begins
  return { fields: { ...options.json, ...fieldsOf(flags, args, "chat") }, options };
}

function currentOf({ asking }: Options, tool: string): Current {
  const terminal = thisTerminal();
  const name = asking.continues ? lastConversation(terminal ?? "") : asking.conversation;
  const conversation: Conversation | null = name === null ? null : openConversation(name, { tool });
  return new Current(tool, terminal, conversation, asking.system === null ? null : textOrFile(asking.system));
}

/** The command that goes on with it. */
function wayBack({ name }: Current, tool: string): string {
  const terminal = thisTerminal();
  return terminal !== null && lastConversation(terminal) === name ? `cpipe ${tool} -c` : `cpipe ${tool} --conversation ${name}`;
}
