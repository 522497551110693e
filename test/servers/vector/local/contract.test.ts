import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalBackend } from "../../../../servers/vector/local/backend.ts";
import { backendContract } from "../contract.ts";
import { embeddingOf } from "./embedding.ts";

backendContract("the collections of this machine", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vector-contract-"));
  return {
    open: (embedder, log) =>
      Promise.resolve(
        new LocalBackend({ tool: "vector", folder, durable: true, weights: () => ({ text: 1, vector: 1 }), embedding: embeddingOf(embedder), patience: 0, log, following: () => undefined, preload: true, room: () => Promise.resolve(), claimed: () => undefined }),
      ),
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
});
