import type { Opening } from "../../../../engines/residence.ts";
import { resolveSherpaModel, type Wish } from "../../../../servers/stt/sherpa/resolve.ts";
import type { SherpaModel } from "../../../../servers/stt/sherpa/model.ts";

/** Nobody looks on. */
export const opening: Opening = { signal: new AbortController().signal, progress: () => undefined, retrying: () => undefined };

export const resolved = (model: string, wish: Partial<Wish> = {}): Promise<SherpaModel> => resolveSherpaModel({ model, vad: "webrtc", threads: 1, ...wish }, opening);
