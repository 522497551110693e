import { runServer } from "../../pipes/server.ts";
import { VectorServer } from "./vector-server.ts";

const server = new VectorServer();
server.prepare();
await runServer(server);
