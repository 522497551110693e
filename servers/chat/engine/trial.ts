import type { LlamaModel } from "node-llama-cpp";
import type { OpenTrial } from "../../../engines/llama/threads.ts";

/** What a reply is made of: one token after another. */
export function tokenTrial(model: LlamaModel): OpenTrial {
  return async (threads) => {
    const context = await model.createContext({ contextSize: 64, batchSize: 32, sequences: 1, threads: { ideal: threads, min: threads } });
    const sequence = context.getSequence();
    const tokens = model.tokenize("a").slice(0, 1);
    return {
      run: () => sequence.evaluateWithoutGeneratingNewTokens(tokens),
      close: () => context.dispose(),
    };
  };
}
