import { runServer } from "../../pipes/server.ts";
import { TtsServer } from "./tts-server.ts";

const server = new TtsServer();
server.prepare();
await runServer(server);
