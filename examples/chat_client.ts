import { ToolClient } from "pipe-tools/client";

// Asks the chat server and prints the answer as it comes:  npx tsx examples/chat_client.ts "Hello!"
const content = process.argv[2] ?? "Hello!";

const chat = await ToolClient.connect("chat");
for await (const { text } of chat.stream("chat", { messages: [{ role: "user", content }] })) {
  if (typeof text === "string") process.stdout.write(text);
}
process.stdout.write("\n");
await chat.close();
