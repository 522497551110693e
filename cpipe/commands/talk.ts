import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { checkReady } from "../../pipes/client/readiness.ts";
import { isFinal } from "../../pipes/protocol/messages.ts";
import type { Task } from "../arguments.ts";
import { plain } from "../describe.ts";
import { asText } from "../options.ts";
import { type Output, say } from "../output.ts";
import type { Interruption } from "../signals.ts";
import { Speaker } from "../sound/speaker.ts";
import { StatusLine } from "../status.ts";
import { styleFor } from "../style.ts";
import { Conversation } from "../talk/conversation.ts";
import { connect, findTarget } from "../target.ts";

const CONNECT_MS = 30_000;
const CLOSING_MS = 1000;

/** `cpipe --talk`: listens, answers and speaks until a signal ends it. @throws ToolError */
export async function talk(task: Extract<Task, { kind: "talk" }>, out: Output, interruption: Interruption): Promise<void> {
  const { signal } = interruption;
  const style = styleFor(out.tty);
  const status = new StatusLine();
  const clients: ToolClient[] = [];
  const open = async (tool: string): Promise<ToolClient> => {
    const target = findTarget(tool);
    checkReady(target);
    const client = await connect(target, { timeout: CONNECT_MS, signal });
    clients.push(client);
    return client;
  };
  let voice: Speaker | null = null;
  try {
    const [stt, chat] = [await open(task.stt), await open(task.chat)];
    voice = new Speaker(await open(task.tts), (error) => say(`${task.tts}: ${error.message}`));
    const conversation = new Conversation(
      { chat, voice, system: task.system, bargeIn: task.bargeIn, signal },
      {
        heard: (text) => (status.clear(), out.write(`${style.strong("> ")}${plain(text.trim())}\n`)),
        answer: (text) => out.write(text === null ? "\n" : out.tty ? text.split("\n").map(plain).join("\n") : text),
        failed: (error) => say(`${task.chat}: ${error.message}`),
      },
    );
    stt.on("speech_start", () => conversation.begun());
    const onInterim = (event: { event: string }): void => status.show(event);
    say("listening; Ctrl-C ends it");
    for await (const event of stt.stream("listen", {}, { signal, timeout: Number.POSITIVE_INFINITY, onInterim })) {
      if (!isFinal(event)) await conversation.said(asText(event["text"]));
    }
    await conversation.quiet();
  } finally {
    status.clear();
    if (signal.aborted) await voice?.hush();
    await Promise.race([Promise.all(clients.map((client) => client.close())), new Promise((resolve) => setTimeout(resolve, CLOSING_MS).unref())]);
  }
}
