import { runServer } from "../../pipes/server.ts";
import { SttServer } from "./stt-server.ts";

const server = new SttServer();
server.prepare();
await runServer(server);
