import { ToolClient } from "pipe-tools/client";

// Asks the chat server, and has the answer spoken while it is being written:  npx tsx examples/tts_client.ts "Tell me a story"
const content = process.argv[2] ?? "Hello!";

const [chat, tts] = await Promise.all([ToolClient.connect("chat"), ToolClient.connect("tts")]);
tts.on("speech_start", () => process.stderr.write("(speaking)\n"));
tts.on("speech_end", () => process.stderr.write("(silent)\n"));
for await (const { text } of chat.stream("chat", { messages: [{ role: "user", content }] })) {
  if (typeof text !== "string" || text === "") continue;
  process.stdout.write(text);
  await tts.call("text", { data: text });
}
process.stdout.write("\n");
await tts.call("flush", { wait: true }, { timeout: Infinity });
await Promise.all([chat.close(), tts.close()]);
