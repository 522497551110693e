import type { Opening } from "../../../engines/residence.ts";
import { resolveModelFile, resolveModelFolder } from "../../../models/folder.ts";
import { places } from "../../../pipes/protocol/places.ts";
import { findSpeechFiles } from "./families.ts";
import { SherpaSynthesizer } from "./sherpa-synthesizer.ts";

export interface SherpaSpeechOptions {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** As `model:` and `vocoder:` of tools.yaml have them. */
  readonly model: string;
  readonly vocoder?: string | undefined;
  readonly threads: number | "auto";
  readonly maxQueue: number;
  /** Where models are kept; the user's folder for them by default. */
  readonly folder?: string;
}

/**
 * The synthesizer of a model, fetched and unpacked if need be; not loaded yet.
 * @throws ToolError `usage`, `model-missing`, `model-corrupt`, `model-unfit`, `model-download`, `file-failed`, `cancelled`
 */
export async function openSherpaSynthesizer({ tool, model, vocoder, threads, maxQueue, folder = places().models }: SherpaSpeechOptions, { signal, progress, retrying }: Opening): Promise<SherpaSynthesizer> {
  const options = (setting: string, of: string) => ({
    folder,
    setting,
    signal,
    onProgress: ({ stage, value, total }: { stage: string; value: number; total: number | null }) => progress(stage, value, total),
    onRetry: (reason: string) => retrying({ model: of, reason }),
  });
  const path = await resolveModelFolder(model, options("model", model));
  const vocoderPath = vocoder === undefined ? null : await resolveModelFile(vocoder, options("vocoder", vocoder));
  return SherpaSynthesizer.start({ tool, files: await findSpeechFiles(path, vocoderPath), threads, maxQueue });
}
