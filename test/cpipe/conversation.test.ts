import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation, type ConversationOptions } from "../../cpipe/talk/conversation.ts";
import { ToolError, type ToolEvent } from "../../pipes/client.ts";

/** A chat that answers by what a test says, and a voice that is done when a test says so. */
function room(options: Partial<Pick<ConversationOptions, "bargeIn" | "system">> = {}) {
  const told: string[] = [];
  const asked: unknown[] = [];
  const waiting: (() => void)[] = [];
  let answers: AsyncGenerator<ToolEvent>[] = [];
  const conversation = new Conversation(
    {
      chat: {
        stream(_cmd: string, { messages }: { messages?: unknown } = {}, { signal }: { signal?: AbortSignal } = {}) {
          asked.push(structuredClone(messages));
          const answer = answers.shift();
          if (answer === undefined) throw new Error("nothing to say");
          return untilAborted(answer, signal);
        },
      },
      voice: {
        say: (text) => void told.push(`say ${text}`),
        heard: (signal) => new Promise<void>((resolve) => (signal.aborted ? resolve() : (waiting.push(resolve), signal.addEventListener("abort", () => resolve())))),
        hush: async () => void told.push("hush"),
      },
      system: null,
      bargeIn: true,
      signal: new AbortController().signal,
      ...options,
    },
    { heard: (text) => void told.push(`heard ${text}`), answer: (text) => void told.push(text === null ? "end" : text), failed: (error) => void told.push(error.message) },
  );
  return { conversation, told, asked, answer: (...next: AsyncGenerator<ToolEvent>[]) => (answers = next), spoken: () => waiting.shift()?.() };
}
async function* tokens(...texts: string[]): AsyncGenerator<ToolEvent> {
  for (const text of texts) yield { event: "token", text, done: false };
  yield { event: "token", text: "", done: true };
}
/** As a client's stream ends when its request is cancelled. */
async function* untilAborted(events: AsyncGenerator<ToolEvent>, signal?: AbortSignal): AsyncGenerator<ToolEvent> {
  const aborted = new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(new ToolError("cancelled"))));
  for (;;) {
    const { value, done } = await Promise.race([events.next(), aborted]);
    if (done === true) return;
    yield value;
  }
}
/** Says one thing, then thinks for ever. */
async function* endless(text: string): AsyncGenerator<ToolEvent> {
  yield { event: "token", text, done: false };
  await new Promise(() => undefined);
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what is heard is answered and spoken piece by piece, and the next turn has both in it", async () => {
  const { conversation, told, asked, answer, spoken } = room({ system: "be brief" });
  answer(tokens("Good ", "morning."), tokens("Fine."));
  await conversation.said("hello");
  await turn();
  spoken();
  await conversation.quiet();
  await conversation.said("how are you");
  await turn();
  assert.deepEqual(told, ["heard hello", "Good ", "say Good ", "morning.", "say morning.", "end", "heard how are you", "Fine.", "say Fine.", "end"]);
  assert.deepEqual(asked[1], [
    { role: "system", content: "be brief" },
    { role: "user", content: "hello" },
    { role: "assistant", content: "Good morning." },
    { role: "user", content: "how are you" },
  ]);
});

test("whoever begins to speak ends the answer and its speech; what was said of it stays in the conversation", async () => {
  const { conversation, told, asked, answer } = room();
  answer(endless("Once upon"), tokens("Yes?"));
  await conversation.said("tell me a story");
  await turn();
  conversation.begun();
  assert.deepEqual(told.slice(-1), ["hush"], "at once, without waiting for the words");
  await conversation.said("stop");
  await turn();
  assert.deepEqual(asked[1], [{ role: "user", content: "tell me a story" }, { role: "assistant", content: "Once upon" }, { role: "user", content: "stop" }]);
});

test("an interruption while the answer is only being spoken ends that, too", async () => {
  const { conversation, told, answer } = room();
  answer(tokens("A long story."));
  await conversation.said("tell");
  await turn();
  conversation.begun();
  await conversation.quiet();
  assert.equal(told.at(-1), "hush");
});

test("without barge-in nothing is heard until it has finished", async () => {
  const { conversation, told, answer, spoken } = room({ bargeIn: false });
  answer(tokens("One."), tokens("Two."));
  await conversation.said("first");
  await turn();
  conversation.begun();
  await conversation.said("its own voice");
  spoken();
  await conversation.quiet();
  await turn();
  await conversation.said("second");
  await turn();
  assert.deepEqual(told.filter((line) => /heard|hush/.test(line)), ["heard first", "heard second"]);
});

test("an answer that cannot be had is said, and leaves no question without an answer behind", async () => {
  const { conversation, told, asked, answer, spoken } = room();
  // oxlint-disable-next-line require-yield -- it fails before it says anything
  const broken = (async function* (): AsyncGenerator<ToolEvent> {
    throw new ToolError("busy", { tool: "chat", queued: 3 });
  })();
  answer(broken, tokens("Yes."));
  await conversation.said("one");
  await turn();
  spoken();
  await conversation.quiet();
  await conversation.said("  ");
  await conversation.said("two");
  await turn();
  assert.match(told.join("\n"), /chat has 3 requests waiting already/);
  assert.deepEqual(asked[1], [{ role: "user", content: "two" }]);
});
