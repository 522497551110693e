import { openChannel } from "../../../engines/process/channel.ts";
import { serveEngine } from "../../../engines/process/serve.ts";
import { openSherpa } from "../../../engines/sherpa/sherpa.ts";
import { loadSpeech, type SherpaTts } from "./load.ts";
import type { SherpaSpeechWork } from "./messages.ts";

const channel = openChannel<SherpaSpeechWork>();
if (channel !== null) await serveEngine(channel, { name: "speech", open: () => openSherpa<SherpaTts>(), load: loadSpeech });
