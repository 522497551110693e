import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { checkReady } from "../../pipes/client/readiness.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { isFinal, type ToolEvent } from "../../pipes/protocol/messages.ts";
import { withAbsolutePaths } from "../compose.ts";
import { asText } from "../options.ts";
import { patienceWith } from "../present.ts";
import { newsOf } from "../status.ts";
import { findTarget } from "../target.ts";
import { useOf } from "../use.ts";
import { Answer } from "./answer.ts";
import type { Lines } from "./lines.ts";
import type { Offer } from "./offer.ts";

/** How long a tool may be silent, in ms. How long it is worth to wait is for the client to say, which cancels when it no longer does. */
const SILENCE_MS = 10 * 60_000;

/**
 * One call: the command is sent to its tool, each part of the answer is told as it comes, and the result is the whole. Every failure is a result.
 * A relative path in the arguments counts from the folder that the bridge was started in.
 */
export async function perform(lines: Lines, offer: Offer, given: Readonly<Record<string, unknown>>, signal: AbortSignal, tell: (text: string) => void): Promise<CallToolResult> {
  const { tool, cmd, shape } = offer;
  const answer = new Answer(tool);
  try {
    check(offer, given);
    checkReady(findTarget(tool));
    const args = withAbsolutePaths(given, shape.args);
    return await lines.with(tool, signal, async (client) => {
      const timeout = Math.min(patienceWith(tool, cmd) ?? SILENCE_MS, SILENCE_MS);
      const onInterim = (event: ToolEvent): void => tell(lineOf(newsOf(event) ?? useOf(event)));
      for await (const event of client.stream(cmd, args, { signal, timeout, idempotent: shape.idempotent ?? false, onInterim })) {
        if (isFinal(event)) return answer.final(event);
        tell(answer.part(event));
      }
      throw new ToolError("interrupted", { tool });
    });
  } catch (thrown) {
    return answer.failed(signal.aborted ? new ToolError("cancelled") : ToolError.from(thrown, "handler-failed", { cmd }));
  }
}

function lineOf(news: string | null): string {
  return news === null ? "" : `${news}\n`;
}

/** What goes for a call from an agent alone; the rest the tool itself checks. @throws ToolError `invalid-request` */
function check({ shape, schema }: Offer, given: Readonly<Record<string, unknown>>): void {
  for (const name of schema.required) {
    if (given[name] === undefined) throw new ToolError("invalid-request", { path: `$.${name}`, expected: asText(schema.properties[name]?.["type"]) || "a value", got: "nothing" });
  }
  for (const { name } of shape.args) {
    if (given[name] !== undefined && !Object.hasOwn(schema.properties, name)) throw new ToolError("invalid-request", { path: `$.${name}`, expected: "nothing: it is not for agents", got: given[name] });
  }
  if (shape.audio === "reply" && given["play"] === false && given["path"] === undefined) {
    throw new ToolError("invalid-request", { path: "$.path", expected: "a file for the sound, as it is not to be played", got: "nothing" });
  }
}
