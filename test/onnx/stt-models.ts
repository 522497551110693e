import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { moonshine, moonshineMerged } from "./stt-moonshine.ts";
import { nemoCtc, parakeet } from "./stt-nemo.ts";
import { senseVoice } from "./stt-sense-voice.ts";
import { whisper } from "./stt-whisper.ts";
import { streamingZipformer, streamingZipformerCtc, zipformer, zipformerCtc } from "./stt-zipformer.ts";
import type { KindName } from "../../servers/stt/sherpa/kinds.ts";
import type { ModelFiles } from "./stt-files.ts";

/** A model of each kind, which writes the symbols of tones that it hears. */
export const models: Readonly<Record<KindName, () => ModelFiles>> = {
  "streaming-zipformer": streamingZipformer,
  "streaming-zipformer-ctc": streamingZipformerCtc,
  "whisper": whisper,
  "parakeet": parakeet,
  "nemo-ctc": nemoCtc,
  "moonshine": moonshine,
  "moonshine-merged": moonshineMerged,
  "zipformer": zipformer,
  "zipformer-ctc": zipformerCtc,
  "sense-voice": senseVoice,
};

/** The path of a folder with these files. */
export async function writeModel(folder: string, files: ModelFiles): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}
