import { openChannel } from "../../../engines/process/channel.ts";
import { serveEngine } from "../../../engines/process/serve.ts";
import { openDecoder } from "./choice.ts";
import { listen } from "./listening.ts";
import type { SpeechWork } from "./messages.ts";
import { openPcm } from "./pcm.ts";
import { openDetectors } from "./vad/open.ts";

const channel = openChannel<SpeechWork>();
if (channel !== null) {
  await serveEngine<SpeechWork, null>(channel, {
    name: "listening",
    open: () => Promise.resolve(null),
    load: async (_, request, { log }) => {
      const detectors = await openDetectors(request.vad, log);
      const { decoder, ...facts } = await openDecoder(request, log);
      return {
        model: { ...facts, path: request.path, vad: detectors.name, parallel: request.parallel },
        answer: async ({ sound, ...wanted }, signal, onPart, inputs) => {
          const { pcm, total } = await openPcm(sound, inputs, signal);
          const detector = await detectors.take();
          try {
            return await listen(pcm, { ...wanted, decoder, detector, total, signal, onPart });
          } finally {
            detectors.giveBack(detector);
          }
        },
      };
    },
  });
}
