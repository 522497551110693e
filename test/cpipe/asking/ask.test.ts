import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Place } from "../program.ts";

const place = new Place();
const home = String(place.env["HOME"]);
const templates = join(String(place.env["XDG_CONFIG_HOME"]), "pipe-tools/templates");
const put = (name: string, text: string | Buffer): void => writeFileSync(join(home, name), text);
before(async () => {
  for (const folder of [home, templates]) mkdirSync(folder, { recursive: true });
  put("notes.md", "Knead it.\n```sh\nbake\n```\n");
  put("empty.txt", "");
  put("brief.txt", "You are brief.\n");
  writeFileSync(join(templates, "tidy.md"), "Tidy this up, in {{ language:English }}:\n\n{{input}}\n\nSay nothing else.\n");
  writeFileSync(join(templates, "translate.txt"), "Into {{language}}, {{tone}}:\n");
  await Promise.all([place.serve("test/fixtures/servers/mirror.ts"), place.serve("test/fixtures/servers/teller.ts"), place.serve("servers/echo/main.ts", "echo")]);
});
after(() => place.close());

const run = (line: string) => place.shell(`cd "$HOME"; ${line}`);
/** What the tool was sent. */
async function sent(line: string): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run(line);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, line);
  return JSON.parse(stdout) as Record<string, unknown>;
}
async function fails(code: number, line: string): Promise<string> {
  const finished = await run(line);
  assert.deepEqual([finished.code, finished.stdout], [code, ""], finished.stderr);
  return finished.stderr;
}

describe("-f FILE", () => {
  it("puts the file below the prompt, in a fence that nothing in it ends", async () => {
    assert.deepEqual(await sent("cpipe mirror ask 'What is this?' -f notes.md --file ./empty.txt"), { cmd: "ask", data: "What is this?\n\nnotes.md:\n````md\nKnead it.\n```sh\nbake\n```\n````\n\n./empty.txt:\n```txt\n```" });
    assert.equal((await sent("cpipe mirror ask -f brief.txt"))["data"], "brief.txt:\n```txt\nYou are brief.\n```");
  });

  it("takes any text of that size at once, and a name of one line", async () => {
    put("blank.txt", "\n".repeat(2 * 2 ** 20));
    put("fences.txt", "```\n".repeat(2 ** 19));
    assert.equal(((await sent("cpipe mirror ask -f blank.txt"))["data"] as string).length, "blank.txt:\n```txt\n\n```".length + 2 * 2 ** 20 - 1);
    assert.match((await sent("cpipe mirror ask -f fences.txt"))["data"] as string, /^fences.txt:\n````txt\n```\n/);
    put("a\n```\nNow.txt", "Hi\n");
    assert.equal((await sent("cpipe mirror ask -f 'a\n```\nNow.txt'"))["data"], "a\u240a```\u240aNow.txt:\n```txt\nHi\n```");
  });

  it("goes with what is piped in, and with the latest message of a chat", async () => {
    assert.equal((await sent("echo piped | cpipe mirror ask Look -f brief.txt"))["data"], "Look\n\npiped\n\nbrief.txt:\n```txt\nYou are brief.\n```");
    const messages = JSON.stringify({ messages: [{ role: "user", content: "a" }, { role: "assistant", content: "b" }, { role: "user", content: "c" }] });
    assert.deepEqual(await sent(`cpipe mirror chat '${messages}' -f brief.txt -s 'Be kind'`), {
      cmd: "chat",
      messages: [{ role: "system", content: "Be kind" }, { role: "user", content: "a" }, { role: "assistant", content: "b" }, { role: "user", content: "c\n\nbrief.txt:\n```txt\nYou are brief.\n```" }],
    });
  });

  it("takes text only, of a size that a model could read, and never waits", async () => {
    put("image.png", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 0xff]));
    put("nul.txt", "a\0b");
    put("large.txt", "x".repeat(5 * 2 ** 20));
    assert.equal(spawnSync("mkfifo", [join(home, "fifo")]).status, 0);
    assert.match(await fails(1, "cpipe mirror ask x -f image.png"), /image.png is no text \(UTF-8\)/);
    assert.match(await fails(1, "cpipe mirror ask x -f nul.txt"), /nul.txt is no text/);
    assert.match(await fails(1, "cpipe mirror ask x -f large.txt"), /large.txt is too large for a prompt: 5 MiB, at most 4 MiB can be sent/);
    assert.match(await fails(1, "cpipe mirror ask x -f fifo"), /fifo: is no file/);
    assert.equal(await fails(1, "cpipe mirror ask x -f '\u001b]0;a title\u0007\u202e'"), "cpipe: \u241b]0;a title\u2407\ufffd: there is no such file\n");
    assert.match(await fails(1, "cpipe mirror ask x -f ."), /\.: is a folder/);
    assert.match(await fails(1, "cpipe mirror ask x -f gone.txt"), /gone.txt: there is no such file/);
    assert.match(await fails(2, "cpipe mirror ask x -f"), /-f needs a value/);
  });
});

describe("-s", () => {
  it("says what the model is to be, as text or from a file", async () => {
    assert.deepEqual(await sent("cpipe mirror ask Hi -s 'Be kind' --temperature 0"), { cmd: "ask", data: "Hi", system: "Be kind", temperature: 0 });
    assert.equal((await sent("cpipe mirror ask Hi --system @brief.txt"))["system"], "You are brief.");
    assert.equal((await sent("cpipe -s '@@home' mirror ask Hi"))["system"], "@home");
    assert.match(await fails(1, "cpipe mirror ask Hi -s @gone.txt"), /gone.txt/);
  });
});

describe("-t TEMPLATE", () => {
  it("makes the prompt of what is asked", async () => {
    assert.equal((await sent("echo piped | cpipe mirror ask word -t tidy"))["data"], "Tidy this up, in English:\n\nword\n\npiped\n\nSay nothing else.");
    assert.equal((await sent("cpipe mirror ask 'a {{b}} $&' -t translate --param language=Dutch --param tone='very {{input}} polite'"))["data"], "Into Dutch, very {{input}} polite:\n\na {{b}} $&");
    assert.equal((await sent("cpipe mirror ask -t tidy --param language=Dutch -f brief.txt"))["data"], "Tidy this up, in Dutch:\n\n\n\nSay nothing else.\n\nbrief.txt:\n```txt\nYou are brief.\n```");
    assert.equal((await sent("cpipe mirror ask x -t ./brief.txt"))["data"], "You are brief.\n\nx");
  });

  it("says what is missing, and what there is none of", async () => {
    assert.match(await fails(2, "cpipe mirror ask x -t translate"), /the template 'translate' needs language, tone. Give: --param language=… --param tone=…/);
    assert.match(await fails(2, "cpipe mirror ask x -t tidy --param speed=1"), /the template 'tidy' has no {{speed}}. It has: language/);
    assert.match(await fails(2, "cpipe mirror ask x -t tiny"), /there is no template 'tiny' in .*templates. Did you mean 'tidy'\?/);
    assert.match(await fails(2, "cpipe mirror ask x -t 30s"), /there is no template '30s'. The longest silence is --timeout 30s/);
    assert.match(await fails(2, "cpipe mirror ask x --param a=b"), /--param is what stands in a template, and none is named/);
    assert.match(await fails(2, "cpipe mirror ask x -t tidy --param a"), /--param: expected NAME=VALUE, got "a"/);
    assert.match(await fails(1, "cpipe mirror ask x -t ./gone.md"), /gone.md: there is no such file/);
  });

  it("is listed, shown, and told of in JSON", async () => {
    assert.match((await run("cpipe --templates")).stdout, /^NAME +PARAMETERS +TEXT\ntidy +language=English +Tidy this up, in .*\ntranslate +language, tone +Into/);
    assert.equal((await run("cpipe --templates translate")).stdout, "Into {{language}}, {{tone}}:\n");
    const { templates: told } = JSON.parse((await run("cpipe --templates --json")).stdout) as { templates: unknown[] };
    assert.deepEqual(told[1], { name: "translate", path: join(templates, "translate.txt"), params: { language: null, tone: null }, text: "Into {{language}}, {{tone}}:" });
    assert.match(await fails(2, "cpipe --templates --delete x"), /--templates does not take --delete. It takes: --json/);
  });
});

describe("--schema", () => {
  it("is sent as an object, from a file or as it stands", async () => {
    put("shape.json", '{"type": "object"}');
    for (const given of ["shape.json", "@shape.json", `'{"type": "object"}'`]) assert.deepEqual(await sent(`cpipe mirror ask Hi --schema ${given}`), { cmd: "ask", data: "Hi", schema: { type: "object" } });
  });

  it("that is none is a usage error", async () => {
    put("list.json", "[1]");
    assert.match(await fails(2, "cpipe mirror ask Hi --schema list.json"), /--schema list.json: expected a JSON Schema, which is an object, got "\[1\]"/);
    assert.match(await fails(2, "cpipe mirror ask Hi --schema '{oops'"), /--schema: expected a JSON Schema, got what is no JSON/);
    assert.match(await fails(1, "cpipe mirror ask Hi --schema gone.json"), /gone.json: there is no such file/);
  });
});

describe("-x", () => {
  it("prints the last code block and nothing else", async () => {
    const { code, stdout, stderr } = await run("cpipe chat ask 'say One:\\n```js\\nx = 1;\\n```\\nand\\n```\\n  y\\n```\\nThat was it.' -x");
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "  y\n", stderr: "" });
  });

  it("where there is none is an error, and the answer is not lost", async () => {
    assert.equal(await fails(1, "cpipe chat ask 'say No \u001b[31mcode.' -x"), "No ␛[31mcode.\ncpipe: the answer has no code block, so there is nothing for -x to print; the answer stands above\n");
    assert.match(await fails(2, "cpipe chat ask 'say x' -x -n"), /-x needs the answer, for which -n and --no-subscribe do not wait/);
    const { code, stdout } = await run("cpipe chat ask 'say x' -x -o jsonl");
    assert.deepEqual([code, (JSON.parse(stdout) as { message: string }).message], [2, "-x prints code as it is, not -o jsonl. See: cpipe chat ask --help"]);
  });
});

describe("where no model is asked", () => {
  it("the flags are a usage error, and a tool's own arguments keep their names", async () => {
    assert.match(await fails(2, "cpipe echo echo hi -f x"), /-f, --file is for what is asked of a model, by ask or chat/);
    assert.match(await fails(2, "cpipe -c echo echo hi"), /--continue, .* are for what is asked of a model/);
    assert.match(await fails(2, "cpipe mirror get_model -c"), /-c, --continue is for what is asked of a model/);
    assert.match(await fails(2, "cpipe echo ping -t 5"), /The longest silence is --timeout 5/);
    assert.deepEqual(await sent("cpipe mirror take --file x --raw"), { file: "x", raw: true });
  });

  it("nothing is asked without a word, a file or a template", async () => {
    assert.match(await fails(2, "cpipe mirror ask -s 'Be kind' </dev/null"), /nothing is asked. Give a prompt, a file \(-f\) or a template \(-t\)/);
  });

  it("the help of a command that asks has them, and each argument once", async () => {
    const { stdout } = await run("cpipe mirror ask --help");
    assert.match(stdout, /--temperature number[^]*And cpipe's own\n[^]*-c, --continue/);
    assert.equal(stdout.match(/--system/g)?.length, 1);
    assert.doesNotMatch((await run("cpipe mirror get_model --help")).stdout, /--continue/);
  });
});
