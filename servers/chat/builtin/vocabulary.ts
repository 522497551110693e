import { printable, TokenTable } from "./tokens.ts";
import { circle, found, introduction, type Topic, topics, unknown } from "./topics.ts";

/** Token ids of everything the weights have to tell apart. */
export interface Vocabulary {
  /** In GPT-2's printable spelling of bytes, as GGUF wants them. */
  readonly texts: readonly string[];
  /** GGUF token types: 1 normal, 3 control. */
  readonly types: readonly number[];
  readonly ids: { readonly newline: number; readonly user: number; readonly endOfTurn: number; readonly think: number; readonly endThink: number; readonly tools: number; readonly call: number; readonly quote: number; readonly brace: number };
  /** Which token speaks of which topic; the number is the topic's place in `all`. */
  readonly keywords: ReadonlyMap<number, number>;
  readonly introduction: readonly number[];
  /** One chain of tokens for each topic of `all`; no token is in two chains, nor twice in one. */
  readonly chains: readonly Chain[];
  readonly all: readonly Topic[];
  /**
   * What JSON is closed with soonest, the likeliest first: where a grammar leaves a choice, the arguments of a call are the shortest ones. The last
   * is for the name of what is called: of several functions the one that begins as "search" does.
   */
  readonly closing: ReadonlyArray<readonly number[]>;
}
export interface Chain {
  readonly tokens: readonly number[];
  readonly thought: readonly number[];
  /** The token that follows the last one: the end of the turn, or a token of the chain itself. */
  readonly last: number;
}

export function buildVocabulary(): Vocabulary {
  const table = new TokenTable();
  for (let byte = 0; byte < 256; byte++) table.add(printable(Buffer.of(byte)));
  const control = (text: string): number => table.add(text, 3);
  const ids = {
    newline: table.byte(10),
    endOfText: control("<|endoftext|>"),
    startOfTurn: control("<|im_start|>"),
    endOfTurn: control("<|im_end|>"),
    think: control("<think>"),
    endThink: control("</think>"),
    tools: control("<tools>"),
    call: control("<tool_call>"),
    quote: table.byte(34),
    brace: table.byte(125),
    user: table.add("user"),
  };
  for (const word of ["system", "assistant", "tool"]) table.add(word);

  const all = [unknown, found, ...topics];
  const keywords = new Map<number, number>([[control("</tool_response>"), 1]]);
  for (const [index, topic] of all.entries()) {
    for (const spelling of topic.keywords.flatMap(spellings)) keywords.set(table.add(printable(Buffer.from(spelling))), index);
  }

  const round = circle.map((text) => table.claim(text));
  const pieces = (text: string): number[] => splitOnce(text, table);
  const opening = pieces(introduction);
  const chains = all.map((topic): Chain => {
    const thought = topic.thought === undefined ? [] : [ids.think, ...pieces(topic.thought), ids.endThink];
    const tokens = pieces(topic.reply);
    if (topic.forever !== true) return { tokens, thought, last: ids.endOfTurn };
    return { tokens: [...tokens, ...round], thought, last: round[0]! };
  });
  const closing = ["]}", "n", '",', "1f", "s"].map((characters) => Array.from(Buffer.from(characters), (byte) => table.byte(byte)));
  return { texts: table.texts, types: table.types, ids, keywords, introduction: opening, chains, all, closing };
}

/** "weather" as a person may write it, at the start of a line or after a space. */
function spellings(word: string): string[] {
  const cases = new Set([word, word[0]!.toUpperCase() + word.slice(1), word.toUpperCase()]);
  return [...cases].flatMap((text) => [text, ` ${text}`]);
}

/**
 * Cuts a reply into tokens that no reply has used yet: the next-token table has one successor a token. A word that is
 * taken is joined with the word after it; letters beyond ASCII become single bytes, to show that they arrive whole.
 */
function splitOnce(text: string, table: TokenTable): number[] {
  const words = text.match(/\P{ASCII}+|[ \n]?[A-Za-z]+|\s*[!-@[-`{-~]+|\s/gu) ?? [];
  const tokens: number[] = [];
  let pending = "";
  /** What is left over joins the tokens before it, which then stay unused, until nothing else is spelled like that. */
  const settle = (): void => {
    while (pending !== "" && table.has(pending) && tokens.length > 0) pending = table.textOf(tokens.pop()!) + pending;
    if (pending !== "") tokens.push(table.claim(pending));
    pending = "";
  };
  for (const word of words) {
    if (/\P{ASCII}/u.test(word)) {
      settle();
      tokens.push(...Array.from(Buffer.from(word), (byte) => table.claimByte(byte)));
      continue;
    }
    pending += word;
    if (!table.has(pending)) settle();
  }
  settle();
  return tokens;
}
