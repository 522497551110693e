import { serveEngine } from "./host.ts";

/**
 * The engine's process: llama.cpp lives here, so that an abort in native code takes nobody else down and nothing it does
 * delays the pipe. When the server goes, by whatever way, so do we, at once and whatever the native threads are doing.
 */
const end = (): void => void process.kill(process.pid, "SIGKILL");

if (process.send === undefined) {
  process.stderr.write("this program is started by the chat server, which talks to it over Node's IPC channel\n");
  process.exit(2);
}
process.once("disconnect", end);
// The server may have gone while our modules were read; the event has passed then.
if (!process.connected) end();
// A Ctrl-C in the terminal reaches the whole group; it is the server that decides when we end.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

await serveEngine({
  send: (report) => process.send!(report),
  onCommand: (take) => process.on("message", take),
});
