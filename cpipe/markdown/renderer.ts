import { type Renderer, textOf } from "../render.ts";
import { styleFor } from "../style.ts";
import { markdownStyle } from "./look.ts";
import { MarkdownWriter } from "./writer.ts";

/** Shows a model's answer as it comes, its Markdown as it is meant. */
export function markdownRenderer(): Renderer {
  const columns = (): number => styleFor(true).width;
  const writer = new MarkdownWriter({ width: columns(), style: markdownStyle() });
  const write = (text: unknown): string => {
    writer.width = columns(); // somebody may have made the window narrower
    return typeof text === "string" ? writer.push(text) : "";
  };
  let came = false;
  return {
    part: (event) => {
      came ||= typeof event["text"] === "string" && event["text"] !== "";
      return typeof event["text"] === "string" ? write(event["text"]) : writer.end() + write(textOf(event, true)) + writer.end();
    },
    interim: () => "",
    // The text of a stream's end is there already, unless it came all at once.
    final: (event) => (came && event.done === true ? "" : write(event["text"])) + writer.end(),
    failed: () => writer.end(),
    broken: () => writer.end(),
  };
}
