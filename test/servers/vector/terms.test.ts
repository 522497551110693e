import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { countTerms, wordsAmong } from "../../../servers/vector/terms.ts";

const hashes = (text: string): number[] => [...countTerms(text).hashes].sort((a, b) => a - b);
/** Whether a query of `query` finds a text of `text`. */
const finds = (query: string, text: string): boolean => hashes(query).some((hash) => hashes(text).includes(hash));

describe("terms", () => {
  test("are counted, each once, with the length of the text", () => {
    const { hashes: distinct, counts, length } = countTerms("pipe, server: pipe! Pipes");
    assert.deepEqual([distinct.length, [...counts].toSorted((a, b) => a - b), length], [2, [1, 3], 4]);
    assert.deepEqual(countTerms(" -- …"), { hashes: new Uint32Array(), counts: new Uint8Array(), length: 0 });
  });

  test("are counted up to 255", () => {
    const { counts, length } = countTerms("pipe ".repeat(1000));
    assert.deepEqual([[...counts], length], [[255], 1000]);
  });

  test("do not look at case, accents, or the ends of English words", () => {
    for (const [one, other] of [["Häuser", "hauser"], ["RESTARTED", "restarting"], ["ﬁle", "files"], ["adding", "add"], ["egged", "egg"]] as const) assert.deepEqual(hashes(one), hashes(other), `${one} ${other}`);
  });

  test("of a name in several words are the whole and its parts", () => {
    for (const query of ["parseFilter", "parsefilter", "parse", "filters"]) assert.ok(finds(query, "parseFilter()"), query);
    for (const query of ["HTTPServer", "http", "server"]) assert.ok(finds(query, "HTTPServer"), query);
    assert.ok(!finds("arse", "parseFilter"));
  });

  test("of scripts without spaces are each two signs, so that a part finds the whole", () => {
    assert.ok(finds("東京", "私は東京に行く"));
    assert.ok(finds("서울", "서울특별시"));
    assert.ok(!finds("京東", "私は東京に行く"));
    assert.ok(finds("塔", "塔"));
  });

  test("of ASCII are those that the same words have among others", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const [alone, among] = [countTerms(text), new Set(countTerms(`${text} é`).hashes)];
        assert.ok([...alone.hashes].every((hash) => among.has(hash)), JSON.stringify(text));
      }),
    );
  });
});

describe("the words of a text that a query has, too", () => {
  test("are given as the text has them, each once, in its order", () => {
    const wanted = new Set(countTerms("restart the server").hashes);
    assert.deepEqual(wordsAmong("The Server was restarted; another server restarts.", wanted), ["The", "Server", "restarted", "server", "restarts"]);
  });

  test("are none where nothing was asked for", () => {
    assert.deepEqual(wordsAmong("any text", new Set()), []);
  });
});
