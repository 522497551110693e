import type { Log } from "../../../../pipes/rpc/log.ts";
import type { Embedder } from "../../../../servers/vector/embedders/embedder.ts";
import { QdrantBackend } from "../../../../servers/vector/qdrant/backend.ts";
import { backendContract, type Place } from "../contract.ts";
import { nowhere } from "./nowhere.ts";
import { realServer } from "./real.ts";
import { standIn } from "./stand-in/server.ts";

backendContract("Qdrant, as a stand-in of version 1.10", async () => {
  const server = await standIn({ version: "1.10.0" });
  return placeAt(server.uri, null, () => server[Symbol.asyncDispose]());
});

const real = realServer();
if (real !== null) {
  backendContract(`Qdrant, ${real.title}`, async () => {
    const server = await real.start();
    return placeAt(server.uri, server.apiKey, () => server[Symbol.asyncDispose]());
  });
}

function placeAt(uri: string, apiKey: string | null, end: () => PromiseLike<void>): Place {
  const open = (embedder: Embedder | null, log: Log = nowhere): QdrantBackend =>
    new QdrantBackend({ uri, apiKey, tool: "vector", embedder, weights: () => ({ text: 1, vector: 1 }), log, following: () => undefined });
  return {
    open: (embedder, log) => Promise.resolve(open(embedder, log)),
    async [Symbol.asyncDispose]() {
      // The server may be one that somebody uses.
      const backend = open(null);
      for (const { name } of await backend.collections()) if (name.startsWith(`contract-${process.pid}-`)) await backend.drop(name);
      await backend.close();
      await end();
    },
  };
}
