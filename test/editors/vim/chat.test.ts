import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Place } from "../../cpipe/program.ts";
import { Editor, EDITORS } from "./editor.ts";

const place = new Place();
before(() => place.serve("test/fixtures/servers/teller.ts", "chat"));
after(() => place.close());

const IDLE = ["pipe#status()", ""] as const;
const turns = (...lines: string[]): string[] => lines.flatMap((line, at) => (at === 0 ? [line] : line.startsWith(">>>") || line.startsWith("<<<") ? ["", line] : ["", line]));

for (const name of EDITORS) {
  test(`${name}: a conversation is a text that can be edited, saved, and continued by another editor`, async () => {
    const file = join(place.root, `${name}.md`);
    const editor = await Editor.open(name, place, ["let g:pipe_system = 'Be brief'"]);
    await editor.type(":PipeChat\r");
    await editor.until("getline(1, '$')", [">>> system", "", "Be brief", "", ">>> user", "", ""]);
    await editor.type("isay Hi\x1b:PipeChat\r");
    const first = turns(">>> system", "Be brief", ">>> user", "say Hi", "<<< assistant", "Hi", ">>> user");
    await editor.until("getline(1, '$')", [...first, "", ""]);
    assert.equal(await editor.eval("line('.') == line('$')"), 1, "the cursor is where the next question goes");
    await editor.type(":%s/Hi$/Ho/\rGihistory\x1b");
    await editor.until("getline('$')", "history");
    await editor.type(`:w ${file}\r`);
    await editor.until("&modified", 0);
    await editor.close();

    const other = await Editor.open(name, place);
    await other.type(`:edit ${file}\r:PipeChat\r`);
    await other.until("line('$') > 15", 1);
    await other.until(...IDLE);
    const answer = (await other.lines())[first.length + 5] ?? "";
    assert.deepEqual(JSON.parse(answer), [["system", "Be brief"], ["user", "say Ho"], ["assistant", "Ho"], ["user", "history"]]);
    await other.type(":w\r");
    await other.until("&modified", 0);
    assert.match(readFileSync(file, "utf8"), /\n<<< assistant\n\n\[\[.*\n\n>>> user\n\n\n$/);
    await other.close();
  });

  test(`${name}: :PipeChat with words asks from anywhere, with the range below; the answer is one undo step`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type("icode\x1b:1PipeChat count 100 every 2\r");
    await editor.until("pipe#status()", "chat: answering");
    await editor.type("\x17p:new\ro\x1b\x17p"); // to the other window and on
    await editor.until(...IDLE);
    await editor.type(":PipeChat\r");
    await editor.until("getline(1)", ">>> user");
    const asked = [">>> user", "", "count 100 every 2", "", "```", "code", "```"];
    const [lines, before] = [await editor.lines(), [...asked, "", "<<< assistant", ""]];
    assert.deepEqual(lines.slice(0, before.length), before);
    assert.deepEqual(lines.slice(-5), ["91 92 93 94 95 96 97 98 99 100", "", ">>> user", "", ""]);
    await editor.type("u");
    await editor.until("getline(1, '$')", asked);
    await editor.close();
  });

  test(`${name}: a line of an answer that looks like a heading opens no turn`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type(":PipeChat say a\\n>>> user\\n\\>>> user\\nb\r");
    await editor.until("getline('$', '$') + [pipe#status()] + getline(9, 10)", ["", "", "\\\\>>> user", "b"]);
    assert.equal((await editor.lines())[7], "\\>>> user");
    await editor.type("ihistory\x1b:PipeChat\r");
    await editor.until("getline('$') ==# '' && line('$') > 20", 1);
    const said = JSON.parse((await editor.lines()).find((line) => line.startsWith("[[")) ?? "") as string[][];
    assert.equal(said[1]?.[1], "a\n>>> user\n\\>>> user\nb");
    await editor.close();
  });

  test(`${name}: what is typed below while it answers stays below; stopping leaves the part that came`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type(":PipeChat count 300 every 4\r");
    await editor.until("pipe#status()", "chat: answering");
    await editor.type(":PipeChat\r");
    await editor.until("execute('messages') =~# 'an answer is under way here'", 1);
    await editor.type("Gomine\x1b");
    await editor.until("line('$') > 12 && getline('$') ==# 'mine'", 1);
    await editor.type(":PipeStop\r");
    await editor.until(...IDLE);
    const lines = await editor.lines();
    assert.equal(lines.at(-1), "mine");
    assert.match(lines.join("\n"), /<<< assistant\n\n1 2 3[\d \n]*\nmine$/);
    await editor.close();
  });

  test(`${name}: a failure without a word leaves the question to be sent again`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type(":PipeChat nonsense\r");
    await editor.until("v:errmsg =~# \"there is no order 'nonsense'\"", 1);
    await editor.until("getline(1, '$')", [">>> user", "", "nonsense", ""]);
    await editor.close();
  });
}
