import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Place } from "../../cpipe/program.ts";
import { Editor, EDITORS } from "./editor.ts";

const place = new Place();
const notes = join(place.root, "notes");
before(async () => {
  mkdirSync(notes);
  writeFileSync(join(notes, "garden.md"), "# Garden\n\nTomatoes want sun.\n");
  writeFileSync(join(notes, "printer.md"), "# Printer\n\nPlug in the cable.\n");
  await Promise.all([place.serve("test/fixtures/servers/teller.ts", "chat"), place.serve("test/fixtures/servers/patient.ts"), place.serve("servers/vector/main.ts")]);
});
after(() => place.close());

const answer = (number: number): string => `getbufline(bufnr('^pipe://${number} '), 1, '$')`;

for (const name of EDITORS) {
  test(`${name}: :PipeTool calls any command as the command line does, from the folder that the editor is in`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type(':PipeTool patient say "two words" --loud --max-tokens 3\r');
    await editor.until(answer(1), ['{"loud":true,"maxTokens":3,"data":"two words"}']);
    await editor.type(`:cd ${notes}\r:PipeTool vector index .\r`);
    await editor.until(`join(${answer(2)}) =~# '"files":2'`, 1);
    await editor.type(":PipeTool patient entries\r");
    await editor.until(answer(3), ['{"msg":"one"}', '{"msg":"two"}']);
    await editor.type(":PipeTool patient say --max-tokens many\r");
    await editor.until("v:errmsg", 'pipe: --max-tokens: expected integer, got "many". See: cpipe patient say --help');
    await editor.type(":PipeTool patient say 'open\r");
    await editor.until("v:errmsg", "pipe: a quote has no end: patient say 'open");
    await editor.close();
  });

  test(`${name}: tools, commands, flags and the words that a flag takes are completed`, async () => {
    const editor = await Editor.open(name, place);
    const complete = (text: string): Promise<unknown> => editor.eval(`getcompletion('PipeTool ${text}', 'cmdline')`);
    assert.deepEqual(await complete(""), ["chat", "patient", "supervisor", "vector"]);
    assert.deepEqual(await complete("pa"), ["patient"]);
    assert.deepEqual(await complete("patient fl"), ["flood", "flood-off"]);
    assert.deepEqual(await complete("chat pi"), ["ping"]);
    assert.deepEqual(await complete("patient say x --l"), ["--loud"]);
    assert.deepEqual(await complete("patient say --loud --m"), ["--max-tokens"]);
    assert.deepEqual(await complete("vector search x --mode "), ["hybrid", "vector", "text"]);
    assert.deepEqual(await complete("nobody x"), []);
    await editor.type(":PipeTool pat\t fie\t\r");
    await editor.until(answer(1), ['{"a":1,"b":[true],"c":"x"}']);
    await editor.close();
  });

  test(`${name}: :PipeSearch fills the quickfix list, which jumps to what was found; :PipeSpeak has lines spoken`, async () => {
    const editor = await Editor.open(name, place, ["let g:pipe_tts_tool = 'chat'"]);
    await editor.type(`:PipeTool vector index ${notes}\r`);
    await editor.until(`join(${answer(1)}) =~# '"files":2'`, 1);
    await editor.type(":PipeSearch tomatoes and sun\r");
    await editor.until("[getqflist({'title': 1}).title, &buftype]", [":PipeSearch tomatoes and sun", ""]);
    await editor.terminal.shows(/garden\.md\|1\| ?.*Tomatoes want sun/);
    await editor.type(":cfirst\r");
    await editor.until("expand('%:t')", "garden.md");
    await editor.type(":3PipeSpeak\r");
    await editor.until("pipe#status()", "");
    await editor.type(":PipeTool chat said\r");
    await editor.until(answer(2), ["Tomatoes want sun."]);
    await editor.close();
  });

  test(`${name}: words are split as a shell does`, async () => {
    const editor = await Editor.open(name, place);
    const words = (text: string): Promise<unknown> => editor.eval(`pipe#tool#words(${JSON.stringify(text)})`);
    assert.deepEqual(await words(`a  "b c" 'd "e' f\\ g "h\\"i" '' j"k l"m`), [["a", "b c", 'd "e', "f g", 'h"i', "", "jk lm"], 0]);
    assert.deepEqual(await words("   "), [[], 0]);
    assert.deepEqual(await words("ü 'ö"), [["ü", "ö"], 1]);
    await editor.close();
  });
}
