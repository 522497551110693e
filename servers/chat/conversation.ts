import { ToolError } from "../../pipes/protocol/errors.ts";
import { described } from "../../pipes/rpc/validation.ts";
import type { ChatMessage, FunctionCall } from "./engine/messages.ts";

type Call = FunctionCall & { readonly id: string };

/**
 * A conversation in which every call of a function has an id, and every result names its call. Clients may leave out both, where the order says
 * it. Results come right behind their calls, each once. @throws ToolError `invalid-request` with the place
 */
export function orderly(messages: readonly ChatMessage[]): ChatMessage[] {
  const taken = new Set(messages.flatMap(({ function_calls: calls = [] }) => calls.map(({ id }) => id)));
  let open: Call[] = [];
  let made = 0;
  const named = (call: FunctionCall): Call => {
    if (call.id !== undefined) return { ...call, id: call.id };
    do made += 1;
    while (taken.has(`call_${made}`));
    return { ...call, id: `call_${made}` };
  };
  const ordered = messages.map((message, place): ChatMessage => {
    const { role, content, id, function_calls: calls } = message;
    if (role === "tool") {
      const call = id === undefined ? open[0] : open.find((one) => one.id === id);
      if (call === undefined) throw unexpected(`$.messages[${place}]${id === undefined ? "" : ".id"}`, expectedResult(open), id === undefined ? "a result without a call" : described(id));
      open = open.filter((one) => one !== call);
      return { role, content, id: call.id };
    }
    if (open.length > 0) throw unexpected(`$.messages[${place}].role`, `tool, with what came of ${open[0]!.name} (${open[0]!.id})`, role);
    if (role !== "assistant" || calls === undefined || calls.length === 0) return { role, content };
    open = calls.map(named);
    for (const [at, { id: one }] of open.entries()) if (open.findIndex((other) => other.id === one) < at) throw unexpected(`$.messages[${place}].function_calls[${at}].id`, "an id of its own", described(one));
    return { role, content, function_calls: open };
  });
  if (open.length > 0) throw unexpected(`$.messages[${messages.length}]`, `a message of the role tool, with what came of ${open[0]!.name} (${open[0]!.id})`, "nothing");
  return ordered;
}

function expectedResult(open: readonly Call[]): string {
  return open.length === 0 ? "a call of the assistant's before it that has no result yet" : `the id of a call without a result (${open.map(({ id }) => id).join(", ")})`;
}

function unexpected(path: string, expected: string, got: string): ToolError {
  return new ToolError("invalid-request", { path, expected, got });
}
