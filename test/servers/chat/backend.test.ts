import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ChatSettings } from "../../../pipes/protocol/settings/chat.ts";
import { openBackend, perRequest } from "../../../servers/chat/backend.ts";
import { OpenAiChat } from "../../../servers/chat/openai/chat.ts";

const nothing = (): void => undefined;

/** What is opened, and what the log is warned of. */
async function opened(settings: ChatSettings) {
  const warned: string[] = [];
  const log = { debug: nothing, info: nothing, error: nothing, warn: (_: object, message: string) => void warned.push(message) };
  const opening = { signal: new AbortController().signal, progress: nothing, retrying: nothing };
  return { engine: await openBackend("chat", settings, opening, log), warned };
}

const elsewhere = { backend: "openai", url: "http://127.0.0.1:9/v1", model: "small" } as const;

describe("settings of an endpoint", () => {
  test("open one, without asking it anything", async () => {
    const { engine, warned } = await opened(elsewhere);
    assert.ok(engine instanceof OpenAiChat);
    assert.deepEqual([engine.phase, warned], ["down", []]);
  });

  for (const [title, settings, message] of [
    ["lack its address", { backend: "openai", model: "small" }, /backend: openai needs `url:`, the address that has \/chat\/completions below it/],
    ["have an address that is none", { ...elsewhere, url: "http://" }, /`url:` is no address/],
    ["lack its model", { backend: "openai", url: elsewhere.url }, /needs `model:`, what the endpoint calls its model/],
    ["still have the model that comes along", { ...elsewhere, model: "builtin" }, /needs `model:`/],
  ] as const) {
    test(`are refused where they ${title}`, () => assert.rejects(opened(settings), { code: "usage", message }));
  }

  test("that do nothing with the backend are warned of, unless they are what they would be anyway", async () => {
    assert.deepEqual((await opened({ ...elsewhere, threads: 4, gpu: "auto", contextSize: 4096 })).warned, ["contextSize, threads in tools.yaml do nothing with backend: openai"]);
  });

  test("with a key that can be read on the way are warned of", async () => {
    for (const url of ["http://10.0.0.1/v1", "http://me:pass@box.local/v1"]) {
      const { warned } = await opened({ ...elsewhere, url, ...(url.includes("@") ? {} : { apiKey: "secret" }) });
      assert.deepEqual(warned, ["the API key goes over the network as plain text; use https"]);
    }
    for (const url of ["https://10.0.0.1/v1", "http://localhost:1/v1", "http://[::1]:1/v1"]) assert.deepEqual((await opened({ ...elsewhere, url, apiKey: "secret" })).warned, []);
  });
});

test("A request takes from tools.yaml what that names, and the usual ways only of a model on this machine", () => {
  assert.deepEqual(perRequest({ ...elsewhere, topK: 7, system: "Be brief" }), { maxQueue: 64, sampling: { topK: 7 } });
  assert.deepEqual(perRequest({ topK: 7, maxQueue: 3 }), { maxQueue: 3, sampling: { temperature: 0.7, topP: 0.95, topK: 7, minP: 0.05, repeatPenalty: 1.1 } });
});
