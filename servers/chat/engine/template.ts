import type { ChatHistoryItem, ChatWrapper, LlamaModel } from "node-llama-cpp";
import type { Library } from "../../../engines/llama/llama.ts";

/**
 * The chat template of the model's file, understood by a specialised reader where node-llama-cpp has one. Some of those
 * know nothing of thoughts; when the model does, its own Jinja template is taken, so that thoughts do not pass for answers.
 */
export function chooseTemplate(library: Library, model: LlamaModel): ChatWrapper {
  const found = library.resolveChatWrapper(model);
  const source = model.fileInfo.metadata.tokenizer?.chat_template;
  if (found.settings.segments?.thought !== undefined || source === undefined || !/<think>|<\/think>/.test(source)) return found;
  const own = library.resolveChatWrapper({
    type: "jinjaTemplate",
    tokenizer: model.tokenizer,
    fileInfo: model.fileInfo,
    warningLogs: false,
    ...(model.filename === undefined ? {} : { filename: model.filename }),
  });
  return own?.settings.segments?.thought === undefined ? found : own;
}

/** How many tokens of a prompt come behind the user's last words: what ends those, and what begins a reply. */
export function endingOf(model: LlamaModel, template: ChatWrapper): number {
  const asked = (text: string): number[] => {
    const chatHistory: ChatHistoryItem[] = [{ type: "user", text }, { type: "model", response: [] }];
    return template.generateContextState({ chatHistory }).contextText.tokenize(model.tokenizer);
  };
  const [one, other] = [asked("a"), asked("1")];
  let same = 0;
  while (same < one.length && one.at(-1 - same) === other.at(-1 - same)) same++;
  return same;
}
