import type { ChatMessage } from "../../servers/chat/engine/messages.ts";
import type { Answered, Asked, Sides } from "./sides.ts";

/** How long a question of a conversation waits for the first token of its answer, in ms; the best of several rounds. */
export interface Followed {
  readonly what: string;
  /** Tokens of the whole prompt, and of it those that were not in the context, over the pipe. */
  readonly prompt: number;
  readonly evaluated: number;
  readonly bare: number;
  readonly ours: number;
}

const TURNS = ["the first question", "the second", "the third"] as const;
const ROUNDS = 5;

/** Each round has conversations of its own, which begin with a text of some 1000 tokens. */
export async function followed({ bare, ours }: Sides): Promise<Followed[]> {
  const rounds: Array<readonly [Answered[], Answered[]]> = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push([await talk(bare, round), await talk(ours, round)]);
  return TURNS.map((what, turn) => {
    const { tokens } = rounds[0]![1][turn]!;
    const [alone, piped] = ([0, 1] as const).map((side) => Math.min(...rounds.map((pair) => pair[side][turn]!.first))) as [number, number];
    return { what, prompt: tokens.prompt, evaluated: tokens.prompt - tokens.reused, bare: alone, ours: piped };
  });
}

async function talk(ask: (asked: Asked) => Promise<Answered>, round: number): Promise<Answered[]> {
  const messages: ChatMessage[] = [{ role: "system", content: `${round} ${"You are kind and short. ".repeat(40)}` }];
  const answers: Answered[] = [];
  for (const question of TURNS) {
    messages.push({ role: "user", content: question });
    const answer = await ask({ messages, maxTokens: 32 });
    answers.push(answer);
    messages.push({ role: "assistant", content: answer.text });
  }
  return answers;
}
