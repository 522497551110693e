import { corrupt, openModelFile } from "../../models/onnx.ts";

/**
 * Reads a tokens.txt: a token and its number a line, as `ə 59`; a line with the number alone is the space.
 * Source of the format: github.com/k2-fsa/sherpa-onnx sherpa-onnx/csrc/symbol-table.cc
 * @throws ToolError `model-missing`, `model-corrupt`, `file-failed`
 */
export async function checkTokens(path: string): Promise<ReadonlyMap<string, number>> {
  const text = await readText(path);
  const tokens = new Map<string, number>();
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "") continue;
    const [, token, id] = /^(?:(.*\S)\s+)?(\d+)$/u.exec(trimmed) ?? [];
    if (id === undefined) throw corrupt(path, `line ${index + 1} is ${JSON.stringify(line.slice(0, 60))}, expected a token and its number`);
    tokens.set(token ?? " ", Number(id));
  }
  if (tokens.size === 0) throw corrupt(path, "there are no tokens in it");
  return tokens;
}

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
