import { ProcessEngine } from "../../../../engines/process/engine.ts";
import { engineArguments } from "../../../../engines/process/entry.ts";
import type { Transcript } from "../../../../servers/stt/engine/decoder.ts";
import type { SherpaModel } from "../../../../servers/stt/sherpa/model.ts";
import type { DecodingWork } from "../../../fixtures/engines/sherpa-stt.ts";

/** A process with a model in it, gone with the test. */
export class Ear extends ProcessEngine<DecodingWork> implements AsyncDisposable {
  constructor(model: SherpaModel, { parallel = 1 } = {}) {
    super({ tool: "stt", library: "sherpa-onnx", maxQueue: 1000, command: engineArguments("test/fixtures/engines/sherpa-stt"), load: { path: model.path, parallel, model } });
  }

  hear(samples: Int16Array, { piece = 1600, onPart = () => undefined }: { readonly piece?: number; readonly onPart?: (text: string) => void } = {}): Promise<Transcript> {
    return this.ask({ samples, piece }, { onPart });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
