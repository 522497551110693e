import assert from "node:assert/strict";
import { test } from "node:test";
import { languageOf } from "../../../servers/tts/languages.ts";
import type { Voice } from "../../../servers/tts/synthesizer.ts";
import { choose, type Ladder } from "../../../servers/tts/voices.ts";

const voice = (name: string, ...languages: string[]): Voice => ({ name, languages, description: "" });
const main = [voice("rms", "en-US", "en"), voice("awb", "en-GB", "en")];
const ladder: Ladder = { tool: "tts", main, others: [voice("de", "de"), voice("cmn", "cmn", "zh"), voice("en-gb", "en-gb", "en")] };

test("Who speaks: the voice that is asked for, the usual one, and the best for the language", () => {
  const cases: ReadonlyArray<readonly [text: string, asked: object, usual: object, engine: string, voice: string | undefined]> = [
    ["Hi", {}, {}, "main", undefined],
    ["Hi", { voice: "awb" }, {}, "main", "awb"],
    ["Hi", { voice: "de" }, {}, "espeak-ng", "de"],
    ["Hi", { language: "en" }, {}, "main", "rms"],
    ["Hi", { language: "en-GB" }, {}, "main", "awb"],
    ["Hi", { language: "en-AU" }, {}, "main", "rms"],
    ["Hallo", { language: "de-AT" }, {}, "espeak-ng", "de"],
    ["Hi", {}, { voice: "awb" }, "main", "awb"],
    ["Hi", { language: "de" }, { voice: "awb" }, "espeak-ng", "de"],
    ["Hallo", {}, { language: "de" }, "espeak-ng", "de"],
    ["Hi", { language: "en" }, { language: "de" }, "main", "rms"],
    ["你好", {}, {}, "espeak-ng", "cmn"],
    ["你好", {}, { language: "en", voice: "rms" }, "espeak-ng", "cmn"],
  ];
  for (const [text, asked, usual, engine, name] of cases) {
    const choice = choose(text, asked, usual, ladder);
    assert.deepEqual([choice?.engine, choice?.voice], [engine, name], JSON.stringify([text, asked, usual]));
  }
});

test("espeak-ng is asked for its voices only when the main engine has none", () => {
  const unasked: Ladder = { ...ladder, others: null };
  assert.equal(choose("Hi", {}, {}, unasked)?.engine, "main");
  assert.equal(choose("Hi", { language: "de" }, {}, unasked), null);
  assert.equal(choose("Hi", { voice: "de" }, {}, unasked), null);
});

test("What nobody speaks is refused with what helps", () => {
  const alone: Ladder = { ...ladder, others: [], hint: "Install it" };
  assert.throws(() => choose("Hi", { language: "de" }, {}, alone), { code: "unsupported", message: "tts cannot speak 'de': no voice here speaks it. Install it" });
  assert.throws(() => choose("Hi", { voice: "rns" }, {}, alone), { code: "invalid-request", message: /one of rms, awb, got rns. Did you mean 'rms'\?/ });
  assert.throws(() => choose("Hi", {}, { voice: "nobody" }, alone), { code: "invalid-request", message: /settings.voice/ });
});

test("A model that names no languages speaks any", () => {
  assert.deepEqual(choose("Hallo", { language: "de" }, {}, { ...ladder, main: [voice("one")] }), { engine: "main", voice: "one", language: "de" });
});

test("The language of a text is told by letters that few languages share, and by no others", () => {
  const cases = { "Hello": undefined, "Hello 世": undefined, "你好": "zh", "これは漢字です": "ja", "안녕": "ko", "Привет мир": "ru", "Γειά": "el", "مرحبا": "ar", "नमस्ते": "hi", "שלום": "he", "123": undefined };
  for (const [text, language] of Object.entries(cases)) assert.equal(languageOf(text), language, text);
});
