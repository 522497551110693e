import type { LogLevel } from "../../../../engines/engine.ts";
import type { VadChoice } from "../messages.ts";
import type { VoiceDetector } from "../vad.ts";
import { EnergyDetector } from "./energy.ts";
import { openWebrtcDetector } from "./webrtc.ts";

/** Detectors for recordings side by side: each is one recording's at a time, and is used again by the next. */
export interface Detectors {
  readonly name: VoiceDetector["name"];
  take(): Promise<VoiceDetector>;
  giveBack(detector: VoiceDetector): void;
}

/** A detector that cannot be had is replaced by the next simpler one, which is said. */
export async function openDetectors(choice: VadChoice, log: (level: LogLevel, message: string) => void): Promise<Detectors> {
  const make = await maker(choice, log);
  const first = await make();
  const idle = [first];
  return { name: first.name, take: async () => idle.pop() ?? make(), giveBack: (detector) => idle.push(detector) };
}

async function maker(choice: VadChoice, log: (level: LogLevel, message: string) => void): Promise<() => VoiceDetector | Promise<VoiceDetector>> {
  switch (choice.name) {
    case "webrtc":
      return openWebrtcDetector().catch((error: unknown) => {
        log("warn", `WebRTC's voice detector cannot be used, so loudness decides: ${error instanceof Error ? error.message : String(error)}`);
        return () => new EnergyDetector();
      });
    case "silero": {
      const { openSileroDetector } = await import("../../sherpa/silero.ts");
      return () => openSileroDetector(choice.path);
    }
    case "energy":
      return () => new EnergyDetector();
  }
}
