import { join } from "node:path";
import { endpointOf } from "../../engines/endpoint/settings.ts";
import type { Opening } from "../../engines/residence.ts";
import { resolveModel } from "../../models/resolve.ts";
import { places } from "../../pipes/protocol/places.ts";
import { type ChatSettings, chatDefaults } from "../../pipes/protocol/settings/chat.ts";
import type { Log } from "../../pipes/rpc/log.ts";
import { ensureBuiltinModel } from "./builtin/ensure.ts";
import type { ChatEngine, PerRequest } from "./engine/chat-engine.ts";
import { Engine } from "./engine/engine.ts";
import { OpenAiChat } from "./openai/chat.ts";
import { parkedFolder, sweepParked } from "./parked.ts";

/** The engine that the settings of the tool `tool` name, not loaded yet. @throws ToolError `usage` for settings that do not go together, and what `resolveModel` throws */
export async function openBackend(tool: string, settings: Readonly<ChatSettings>, opening: Opening, log: Log): Promise<ChatEngine> {
  const { backend = chatDefaults.backend } = settings;
  const idle = IDLE[backend].filter((key) => settings[key] !== undefined && settings[key] !== (chatDefaults as Readonly<ChatSettings>)[key]);
  if (idle.length > 0) log.warn({ backend, settings: idle }, `${idle.join(", ")} in tools.yaml ${idle.length === 1 ? "does" : "do"} nothing with backend: ${backend}`);
  return backend === "openai" ? openEndpoint(tool, settings, log) : openLocal(tool, settings, opening);
}

/** What holds for requests, and may change beneath an engine: an endpoint keeps its own ways where the settings name none. */
export function perRequest(settings: Readonly<ChatSettings>): PerRequest {
  const { backend = chatDefaults.backend, maxQueue = chatDefaults.maxQueue } = settings;
  return { maxQueue, sampling: samplingOf(backend === "openai" ? settings : { ...chatDefaults, ...settings }) };
}

/** Settings that are there for the other backend. They are no mistake: whoever tries an endpoint may want to come back. */
const IDLE = {
  local: ["url", "apiKey", "extra", "silenceTimeout"],
  openai: ["contextSize", "threads", "gpu", "gpuLayers", "parked"],
} as const satisfies Record<string, readonly (keyof ChatSettings)[]>;

async function openLocal(tool: string, settings: Readonly<ChatSettings>, { signal, progress, retrying }: Opening): Promise<ChatEngine> {
  const { model = chatDefaults.model, parallel = chatDefaults.parallel, threads = chatDefaults.threads, gpu = chatDefaults.gpu, gpuLayers = chatDefaults.gpuLayers, contextSize = null, parked = chatDefaults.parked } = settings;
  const folder = places().models;
  await sweepParked();
  const { path } = await resolveModel(model, {
    folder,
    builtin: ensureBuiltinModel,
    signal,
    onProgress: ({ stage, value, total }) => progress(stage, value, total),
    onRetry: (reason) => retrying({ model, reason }),
  });
  const room = parked === 0 ? null : { folder: parkedFolder(tool), bytes: parked * 1e6 };
  return Engine.start({ tool, path, parallel, threads, gpu, gpuLayers, contextSize, parked: room, threadsCache: join(folder, "threads.json"), ...perRequest(settings) });
}

function openEndpoint(tool: string, settings: Readonly<ChatSettings>, log: Log): ChatEngine {
  const { parallel = chatDefaults.parallel, silenceTimeout = chatDefaults.silenceTimeout, extra } = settings;
  return new OpenAiChat({ tool, ...endpointOf(settings, "/chat/completions", log), extra, parallel, silenceMs: silenceTimeout * 1000, ...perRequest(settings) });
}

function samplingOf({ temperature, topP, topK, minP, repeatPenalty, seed, maxTokens, stop }: Readonly<ChatSettings>): PerRequest["sampling"] {
  const named = Object.entries({ temperature, topP, topK, minP, repeatPenalty, seed, maxTokens, stop }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named);
}
