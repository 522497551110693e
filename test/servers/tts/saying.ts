/** A client that asks for one thing and leaves when it has been answered. */
import { ToolClient } from "../../../pipes/client.ts";

const [cmd = "", text = ""] = process.argv.slice(2);
const client = await ToolClient.connect("tts");
await client.call(cmd, cmd === "text" ? { data: text } : { text });
await client.close();
