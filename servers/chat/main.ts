import { runServer } from "../../pipes/server.ts";
import { ChatServer } from "./chat-server.ts";

const server = new ChatServer();
server.prepare();
await runServer(server);
