import { ToolClient } from "pipe-tools/client";

// Prints what the stt server hears, word by word, until Ctrl-C:  npx tsx examples/stt_client.ts
const stt = await ToolClient.connect("stt");
stt.on("token", ({ text }) => process.stdout.write(String(text)));
stt.on("speech_end", () => process.stdout.write("\n"));
stt.on("closed", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
await stt.call("start");
process.once("SIGINT", () => void leave());

async function leave(): Promise<void> {
  await stt.call("pause").catch(() => undefined);
  await stt.close();
}
