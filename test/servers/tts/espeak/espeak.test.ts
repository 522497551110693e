import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { samplesOf } from "../../../../audio/pcm.ts";
import { Espeak } from "../../../../servers/tts/espeak/espeak.ts";
import { parseVoices } from "../../../../servers/tts/espeak/voices.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { levelOf, spokenBy } from "../spoken.ts";

const espeak = (): Espeak => new Espeak({ tool: "tts", maxQueue: () => 4 });
const childrenNamed = (name: string): string => execFileSync("ps", ["--ppid", String(process.pid), "-o", "comm="], { encoding: "utf8" }).split("\n").filter((line) => line.startsWith(name)).join();

test("It speaks other languages, at its own rate, and faster when asked", async () => {
  const engine = espeak();
  const model = await engine.load();
  assert.equal(model.rate, 22_050);
  assert.ok(model.voices.length > 50);
  const [german, french, fast] = await Promise.all([
    spokenBy(engine, { text: "Guten Tag, wie geht es Ihnen?", language: "de-AT", speed: 1 }),
    spokenBy(engine, { text: "Guten Tag, wie geht es Ihnen?", language: "fr", speed: 1 }),
    spokenBy(engine, { text: "Guten Tag, wie geht es Ihnen?", voice: "de", speed: 2 }),
  ]);
  assert.ok(levelOf(samplesOf(german)) > 500);
  assert.ok(german.length > 44_100);
  assert.ok(!german.equals(french));
  assert.ok(fast.length < german.length * 0.7, `${fast.length} bytes, ${german.length} at the usual speed`);
  await engine.stop();
});

test("Text is only text, whatever it looks like", async () => {
  const engine = espeak();
  for (const text of ["--version", "-f /etc/passwd", "$(touch x)", "[[h@l'oU]]", "<break/>"]) assert.ok((await spokenBy(engine, { text, language: "en", speed: 1 })).length > 4000, text);
  await engine.stop();
});

test("An utterance that is cancelled takes its process with it", async () => {
  const engine = espeak();
  const cancel = new AbortController();
  const long = engine.speak({ text: "one two three four ".repeat(20_000), language: "en", speed: 1 }, { signal: cancel.signal, onPcm: () => cancel.abort() });
  await assert.rejects(long, { code: "cancelled" });
  assert.equal(childrenNamed("espeak"), "");
  await engine.stop();
});

test("More at once than there is room for wait, and past that are refused", async () => {
  const engine = new Espeak({ tool: "tts", maxQueue: () => 1 });
  const places: number[] = [];
  const all = await Promise.allSettled(Array.from({ length: 6 }, () => engine.speak({ text: "one two three", language: "en", speed: 1 }, { onPcm: () => undefined, onQueued: (place) => places.push(place) })));
  assert.equal(all.filter(({ status }) => status === "fulfilled").length, 5);
  assert.deepEqual(all.flatMap((one) => (one.status === "rejected" ? [(one.reason as { code: string }).code] : [])), ["busy"]);
  assert.deepEqual(places, [1]);
  await engine.stop();
});

test("Unknown voices and languages are named", async () => {
  const engine = espeak();
  await assert.rejects(spokenBy(engine, { text: "x", voice: "klingon1", speed: 1 }), { code: "invalid-request" });
  await assert.rejects(spokenBy(engine, { text: "x", language: "tlh", speed: 1 }), { code: "unsupported" });
  await engine.stop();
  await assert.rejects(spokenBy(engine, { text: "x", language: "en", speed: 1 }), { code: "stopping" });
});

test("Where it is not installed, that and how to get it are said, and it is found once it is there", async () => {
  await using empty = await temporaryFolder();
  const engine = espeak();
  const path = process.env["PATH"];
  process.env["PATH"] = empty.path;
  try {
    await assert.rejects(engine.load(), { code: "unsupported", message: "tts cannot speak with espeak-ng, which is not installed. Install it: sudo apt install espeak-ng" });
  } finally {
    process.env["PATH"] = path;
  }
  assert.ok((await spokenBy(engine, { text: "Hello", language: "en", speed: 1 })).length > 4000);
  await engine.stop();
});

test("Its list of voices is read: names that are unique, all languages of each, nothing of MBROLA", () => {
  const printed = `Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  de              --/M      German             gmw/de               
 6  de              --/F      german-mbrola-1    mb/mb-de1            
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 5  yue             --/M      Chinese_(Cantonese,_latin_as_Jyutping) sit/yue-Latn-jyutping (zh-yue 5)(zh 8)
`;
  assert.deepEqual(parseVoices(printed), [
    { name: "de", languages: ["de"], description: "German, male", file: "gmw/de" },
    { name: "en", languages: ["en-gb", "en"], description: "English (Great Britain), male", file: "gmw/en" },
    { name: "yue-latn-jyutping", languages: ["yue", "zh-yue", "zh"], description: "Chinese (Cantonese, latin as Jyutping), male", file: "sit/yue-Latn-jyutping" },
  ]);
});
