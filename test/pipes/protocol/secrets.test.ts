import assert from "node:assert/strict";
import { test } from "node:test";
import { HIDDEN, withoutSecrets } from "../../../pipes/protocol/secrets.ts";
import { builtIns } from "../../../pipes/protocol/settings/index.ts";

test("keys, tokens and passwords are not shown, wherever they stand; all else is, as it is", () => {
  const shown = withoutSecrets({
    apiKey: "sk-1",
    uriKey: "q",
    model: "key",
    maxTokens: 5,
    token: null,
    stop: ["key"],
    nested: { HF_TOKEN: "hf", password: "p", deep: [{ clientSecret: "c", name: "n" }] },
  });
  assert.deepEqual(shown, {
    apiKey: HIDDEN,
    uriKey: HIDDEN,
    model: "key",
    maxTokens: 5,
    token: null,
    stop: ["key"],
    nested: { HF_TOKEN: HIDDEN, password: HIDDEN, deep: [{ clientSecret: HIDDEN, name: "n" }] },
  });
});

test("an address is shown without the name and the password in it", () => {
  const shown = withoutSecrets({ url: "https://me:pass@example.org/v1?a=b@c", uri: "qdrant+http://u@host:6333", other: "http://host/a@b", text: "write to me@example.org" });
  assert.deepEqual(shown, { url: "https://example.org/v1?a=b@c", uri: "qdrant+http://host:6333", other: "http://host/a@b", text: "write to me@example.org" });
});

test("no setting of a built-in server that is a key, by its description, is shown", () => {
  const keys = Object.values(builtIns).flatMap(({ properties }) => Object.entries(properties).filter(([, schema]) => /API key|bearer/.test(String((schema as { description?: unknown }).description))));
  assert.deepEqual(keys.map(([key]) => key).sort(), ["apiKey", "apiKey", "uriKey"]);
  for (const [key] of keys) assert.deepEqual(withoutSecrets({ [key]: "x" }), { [key]: HIDDEN });
});

test("What opens a door behind the question mark of an address is hidden, and the rest of it is not", () => {
  const shown = withoutSecrets({ url: "https://host/v1?api-version=3&key=abc&sig=d%3D#end", api_url: "https://host/v1?access_token=x", text: "?key=word" });
  assert.deepEqual(shown, { url: `https://host/v1?api-version=3&key=${HIDDEN}&sig=${HIDDEN}#end`, api_url: `https://host/v1?access_token=${HIDDEN}`, text: "?key=word" });
});
