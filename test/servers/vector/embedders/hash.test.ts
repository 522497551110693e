import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { HASH_EMBEDDER, hashEmbedding } from "../../../../servers/vector/embedders/hash.ts";
import { HashEmbedder } from "../../../../servers/vector/embedders/hash-embedder.ts";
import { termsOf } from "../../../../servers/vector/embedders/terms.ts";
import { cosine, lengthOf } from "./vectors.ts";

describe("the terms of a text", () => {
  test("are its words in lower case, counted, without accents and in their compatible form", () => {
    assert.deepEqual([...termsOf("Start the server: start_it, v2!")], [["start", 2], ["the", 1], ["server", 1], ["it", 1], ["v2", 1]]);
    assert.deepEqual([...termsOf("Größe, GRÖSSE — déjà ﬁle").entries()], [["grosse", 2], ["deja", 1], ["file", 1]]);
  });

  test("of a script without spaces are its characters and each two neighbours", () => {
    assert.deepEqual([...termsOf("東京タABC都").keys()], ["東", "京", "東京", "タ", "京タ", "abc", "都"]);
  });
});

describe("the hash embedding", () => {
  test("has unit length, and is of zeros where there is no letter and no digit", () => {
    assert.equal(hashEmbedding("a pipe").length, HASH_EMBEDDER.dimensions);
    assert.ok(Math.abs(lengthOf(hashEmbedding("Named pipes, kept open by the daemon.")) - 1) < 1e-6);
    for (const text of ["", " \n", "--- …"]) assert.equal(lengthOf(hashEmbedding(text)), 0, JSON.stringify(text));
  });

  test("does not look at order or case, and finds what is related nearer than what is not", () => {
    const text = hashEmbedding("The daemon restarts a worker that has died");
    assert.ok(cosine(text, hashEmbedding("that worker has DIED, a daemon restarts the")) > 0.999);
    const near = cosine(text, hashEmbedding("how are dead workers restarted by the daemon"));
    const far = cosine(text, hashEmbedding("pictures of mountains in the morning"));
    assert.ok(near > far + 0.2, `${near} against ${far}`);
  });

  test("recognises a word that is misspelled by what is left of it", () => {
    const [right, wrong, other] = ["configuration reload", "confguration relaod", "temperature sampling"].map(hashEmbedding);
    assert.ok(cosine(right!, wrong!) > cosine(right!, other!) + 0.2, `${cosine(right!, wrong!)} against ${cosine(right!, other!)}`);
  });

  test("tells other scripts than Latin apart, too", () => {
    const tower = hashEmbedding("東京タワーの高さ");
    assert.ok(cosine(tower, hashEmbedding("東京タワー")) > cosine(tower, hashEmbedding("京都の天気")) + 0.2);
    const server = hashEmbedding("перезапуск сервера");
    assert.ok(cosine(server, hashEmbedding("сервер перезапущен")) > cosine(server, hashEmbedding("погода сегодня")) + 0.2);
  });

  test("is what it was: a change of any number needs another id, for it lies in people's indexes", () => {
    const text = "Größe: naïve café, 東京, ½ of 1000 servers restarted; restarted again and again.";
    const digest = createHash("sha256").update(hashEmbedding(text)).digest("hex").slice(0, 16);
    assert.deepEqual([HASH_EMBEDDER.id, digest], ["hash-512-v1", "e8598173cec86510"]);
  });
});

test("The hash embedder keeps the order of a long list, gives way to the event loop, and stops when it is cancelled", async () => {
  const embedder = new HashEmbedder();
  const texts = Array.from({ length: 2000 }, (_, i) => `passage number ${i} `.repeat(20));
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const vectors = await embedder.embed(texts);
  clearInterval(timer);
  assert.ok(turns > 3, `${turns} turns of the event loop`);
  for (const i of [0, 999, 1999]) assert.deepEqual(vectors[i], hashEmbedding(texts[i]!));
  const cancel = new AbortController();
  const cancelled = embedder.embed(texts, "passage", cancel.signal);
  cancel.abort();
  await assert.rejects(cancelled, { code: "cancelled" });
});
