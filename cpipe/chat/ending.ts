import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import { isObject } from "../options.ts";
import { caveatOf } from "../use.ts";
import type { TurnEnd } from "./turn.ts";

/** A remark below an answer. */
export interface Remark {
  readonly text: string;
  /** Something has failed. */
  readonly bad: boolean;
}

/** What is to be said of how an answer has ended; nothing of one that is whole. */
export function endingOf({ text, stopped, error, final }: TurnEnd, tool: string): Remark[] {
  if (stopped) return [{ text: text === "" ? "(stopped; /retry asks again)" : "(stopped)", bad: false }];
  if (error !== null) {
    const help = error.code === "context-overflow" ? "/undo takes the last message back, /clear begins a new conversation" : "/retry asks again";
    return [{ text: error.message, bad: true }, { text: `(${help})`, bad: false }];
  }
  const left = final === null ? null : caveatOf(final);
  return [
    ...(left === null ? [] : [{ text: `(${left})`, bad: false }]),
    ...reasonOf(text, final?.["reason"], tool),
  ];
}

function reasonOf(text: string, reason: unknown, tool: string): Remark[] {
  if (reason === "context") return [{ text: `(the context of ${tool} is full; /undo takes turns back, /clear begins a new conversation, contextSize in tools.yaml makes it larger)`, bad: false }];
  if (reason === "length") return [{ text: "(as long as maxTokens allows)", bad: false }];
  return text === "" ? [{ text: "(an empty answer; /retry asks again)", bad: false }] : [];
}

/** `45 tokens · 12.3 tokens/s · 1116 of 1128 prompt tokens reused`, as far as it was counted. */
export function figuresOf(final: ToolEvent): string {
  const tokens = isObject(final["tokens"]) ? final["tokens"] : {};
  const timings = isObject(final["timings"]) ? final["timings"] : {};
  const { prompt, reply, reused } = tokens;
  const rate = typeof timings["rate"] === "number" ? timings["rate"] : typeof reply === "number" && typeof timings["reply"] === "number" && timings["reply"] > 0 ? (reply / timings["reply"]) * 1000 : null;
  const parts = [
    typeof reply === "number" ? `${reply} tokens` : "",
    rate === null ? "" : `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} tokens/s`,
    typeof prompt === "number" ? (typeof reused === "number" ? `${reused} of ${prompt} prompt tokens reused` : `${prompt} prompt tokens`) : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
