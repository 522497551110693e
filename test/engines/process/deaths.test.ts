import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Death } from "../../../engines/process/child.ts";
import { deathWhileLoading, deathWhileServing } from "../../../engines/process/deaths.ts";

const death = (changes: Partial<Death>): Death => ({ code: null, signal: "SIGABRT", words: "", started: true, ...changes });
const loading = (changes: Partial<Death>) => deathWhileLoading(death(changes), "chat", "/models/a.gguf", "llama.cpp");

describe("the death of an engine is named by", () => {
  test("its file, when it ends while that is loaded", () => assert.equal(loading({ words: "GGML_ASSERT(n_head > 0)" }).code, "model-corrupt"));
  test("memory, when the system kills it then", () => assert.equal(loading({ signal: "SIGKILL" }).code, "model-memory"));
  test("itself, when it has not even started", () => assert.equal(loading({ started: false }).code, "engine-failed"));

  // What llama.cpp's CUDA build without code for the card prints as it ends.
  const card = "/build/llama.cpp/ggml/src/ggml-cuda/ggml-cuda.cu:108: CUDA error";
  test("the graphics card while it loads, and not by a file that is whole", () => {
    const error = loading({ words: card });
    assert.equal(error.code, "engine-failed");
    assert.match(error.message, /CUDA error.*graphics card.*gpu: false/);
  });
  test("the graphics card while it serves: to ask again would not help", () => {
    assert.match(deathWhileServing(death({ words: card }), "chat").message, /gpu: false/);
    assert.match(deathWhileServing(death({}), "chat").message, /next request starts it again/);
  });
});
