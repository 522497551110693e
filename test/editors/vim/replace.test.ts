import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Place } from "../../cpipe/program.ts";
import { Editor, EDITORS } from "./editor.ts";

const place = new Place();
before(() => place.serve("test/fixtures/servers/teller.ts", "chat"));
after(() => place.close());

for (const name of EDITORS) {
  test(`${name}: :PipeReplace puts the code of the answer in the place of the lines, wherever they are by then, as one undo step`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type("ione\rtwo\rthree\rfour\x1b:2,3PipeReplace say Here:\\n```js\\nTWO\\nand a half\\nTHREE\\n```\\nDone.\r");
    await editor.type("ggOabove\x1b");
    await editor.until("getline(1, '$')", ["above", "one", "TWO", "and a half", "THREE", "four"]);
    await editor.type("u");
    await editor.until("getline(1, '$')", ["above", "one", "two", "three", "four"]);
    await editor.type("u");
    await editor.until("getline(1, '$')", ["one", "two", "three", "four"]);
    await editor.close();
  });

  test(`${name}: :PipeReplace with fewer lines, or without a code block, replaces by what there is; another window may be open`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type("ione\rtwo\rthree\x1b:let g:b = bufnr('%')\r:1,2PipeReplace say only\r:new\riother");
    await editor.until("getbufline(get(g:, 'b', 0), 1, '$')", ["only", "three"]);
    await editor.type("\x1b");
    await editor.until("getline(1, '$')", ["other"]);
    await editor.close();
  });

  test(`${name}: lines that somebody has changed meanwhile are not replaced; the answer is in the register`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type("ione\rtwo\x1b:2PipeReplace count 30 every 10\r");
    await editor.type("A!\x1b");
    await editor.until("v:errmsg =~# 'the lines have changed meanwhile'", 1);
    assert.deepEqual(await editor.lines(), ["one", "two!"]);
    assert.match(String(await editor.eval("getreg('p')")), /^1 2 3/);
    await editor.close();
  });

  test(`${name}: a code block is found in whatever is around it`, async () => {
    const editor = await Editor.open(name, place);
    const code = (text: string): Promise<unknown> => editor.eval(`pipe#prompt#code(${JSON.stringify(text)})`);
    assert.deepEqual(await code("plain\nwords\n"), ["plain", "words"]);
    assert.deepEqual(await code("a\n```js\n  x\n\n  y\n```\nb\n```\nz\n```"), ["  x", "", "  y"]);
    assert.deepEqual(await code("1. do\n   ~~~\n   x\n   ~~~\n"), ["x"]);
    assert.deepEqual(await code("````\n```\nx\n```\n````"), ["```", "x", "```"]);
    assert.deepEqual(await code("```\n```"), []);
    assert.deepEqual(await code("```\ncut o"), ["cut o"]);
    assert.equal(await editor.eval("pipe#prompt#fenced(['````x', 'y'], 'md')"), "`````md\n````x\ny\n`````");
    await editor.close();
  });
}
