import { ToolError } from "../../../../pipes/protocol/errors.ts";
import { RATE } from "../decoder.ts";
import type { VoiceDetector } from "../vad.ts";

const FRAME = 0.03 * RATE;
/** Of 0 to 3 the one that takes the least noise for speech. */
const MODE = 3;

/** Makes detectors that are WebRTC's; the module is loaded once. @throws ToolError `engine-failed` */
export async function openWebrtcDetector(): Promise<() => VoiceDetector> {
  const { default: open } = await import("@echogarden/fvad-wasm");
  const fvad = await open();
  return () => {
    const handle = fvad._fvad_new();
    const frame = fvad._malloc(2 * FRAME);
    const reset = (): void => {
      fvad._fvad_reset(handle); // it sets the mode and the rate back, too
      fvad._fvad_set_mode(handle, MODE);
      fvad._fvad_set_sample_rate(handle, RATE);
    };
    if (handle === 0 || frame === 0) throw new ToolError("engine-failed", { tool: "stt", reason: "WebRTC's voice detector got no memory" });
    reset();
    return {
      name: "webrtc",
      frame: FRAME,
      isSpeech(samples) {
        // The module does not hand out its memory; two samples at a time go through its own door.
        for (let at = 0; at < FRAME; at += 2) fvad.setValue(frame + 2 * at, (samples[at]! & 0xffff) | (samples[at + 1]! << 16), "i32");
        return fvad._fvad_process(handle, frame, FRAME) === 1;
      },
      reset,
    };
  };
}
