import { openChannel } from "../../../engines/process/channel.ts";
import { serveEngine } from "../../../engines/process/serve.ts";
import { openFlite } from "./load.ts";
import type { FliteWork } from "./messages.ts";

const channel = openChannel<FliteWork>();
if (channel !== null) {
  await serveEngine<FliteWork, null>(channel, {
    name: "speech",
    open: () => Promise.resolve(null),
    load: (_, { path }, { log }) => openFlite(path, log),
  });
}
