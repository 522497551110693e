import { corrupt, openModelFile } from "../../models/onnx.ts";

/**
 * Reads a tokens.txt: a token and its number a line, as `ə 59`; a line with the number alone is the space. Where each token is a
 * `character`, as speech is made of, none may be there twice.
 * Source of the format: github.com/k2-fsa/sherpa-onnx sherpa-onnx/csrc/symbol-table.cc, piper-phonemize-lexicon.cc
 * @throws ToolError `model-missing`, `model-corrupt`, `file-failed`
 */
export async function checkTokens(path: string, { characters = false } = {}): Promise<ReadonlyMap<string, number>> {
  const lines = (await readText(path)).split("\n");
  if (lines.at(-1) === "") lines.pop();
  const tokens = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    if (!characters && /^[ \t\r]*$/.test(line)) continue;
    // Other spaces than these may be tokens.
    const [, token = " ", id] = /^(?:[ \t]*([^ \t\r]+)[ \t]+|[ \t]*)(\d+)[ \t\r]*$/u.exec(line) ?? [];
    if (id === undefined) throw corrupt(path, `line ${index + 1} is ${JSON.stringify(line.slice(0, 60))}, expected a token and its number`);
    if (characters && tokens.has(token)) throw corrupt(path, `line ${index + 1} has the token '${token}' once more`);
    if (characters && Array.from(token).length !== 1 && !SPECIAL.test(token)) throw corrupt(path, `line ${index + 1} has the token '${token}', which has more than one character`);
    tokens.set(token, Number(id));
  }
  if (tokens.size === 0) throw corrupt(path, "there are no tokens in it");
  return tokens;
}

const SPECIAL = /^<(PAD|BOS|EOS|BLNK)>$/;

/** @throws ToolError as `checkTokens` */
export async function readText(path: string): Promise<string> {
  const file = await openModelFile(path);
  try {
    if ((await file.stat()).size > MOST_BYTES) throw corrupt(path, `it is larger than ${MOST_BYTES} bytes, as no such file is`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.readFile());
  } catch (error) {
    if (error instanceof TypeError) throw corrupt(path, "it is no text in UTF-8");
    throw error;
  } finally {
    await file.close();
  }
}

/** The largest lexicons have 10 MB. */
const MOST_BYTES = 1 << 27;
