import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Pulse } from "../../audio/pulse.ts";
import { bytesOf, joined, RATE, silence } from "./speech.ts";

/** Plays a sentence where a microphone hears it; resolves when it has been heard. Much is buffered ahead, so that a busy machine swallows nothing. */
export async function speakInto(pulse: Pulse, sentence: Int16Array, sink: string = pulse.speaker): Promise<void> {
  const program = spawn("pacat", ["--raw", "--format=s16le", `--rate=${RATE}`, "--channels=1", "--latency-msec=1000", `--device=${sink}`], { env: { ...process.env, ...pulse.env }, stdio: ["pipe", "ignore", "inherit"] });
  program.stdin.end(bytesOf(joined(silence(0.2), sentence, silence(0.2))));
  await once(program, "close");
}
