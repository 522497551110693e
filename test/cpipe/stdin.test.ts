import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { finished, Place } from "./program.ts";

const place = new Place();
before(async () => {
  await place.serve("servers/echo/main.ts");
});
after(() => place.close());

const shell = async (line: string): Promise<string> => {
  const { code, stdout, stderr } = await place.shell(line);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
};

test("what is piped in is added to the prompt, below it", async () => {
  assert.equal(await shell("printf 'a\\nb\\n' | cpipe echo echo 'Review this'"), "Review this\n\na\nb\n");
});

test("what is piped in is the prompt when there is no other", async () => {
  assert.equal(await shell("echo hello | cpipe echo echo"), "hello\n");
  assert.equal(await shell("echo hello | cpipe echo echo -"), "hello\n");
  assert.equal(await shell("echo hello | cpipe echo echo -d -"), "hello\n");
  assert.equal(await shell("echo '{\"data\": \"field\"}' | cpipe echo echo -"), "field\n");
});

test("a file at standard input is read like a pipe", async () => {
  const file = join(place.root, "text");
  writeFileSync(file, "from a file\n");
  assert.equal(await shell(`cpipe echo echo Say < ${file}`), "Say\n\nfrom a file\n");
});

test("a command that takes no text leaves standard input to others", async () => {
  assert.equal(await shell("printf 'one\\ntwo\\n' | while read line; do cpipe echo ping; cpipe echo count 1; echo $line; done"), "pong\n1\none\npong\n1\ntwo\n");
});

test("an empty, closed or missing standard input adds nothing", async () => {
  assert.equal(await shell("cpipe echo echo hi < /dev/null"), "hi\n");
  assert.equal(await shell("cpipe echo echo hi <&-"), "hi\n");
  assert.equal(await shell(": | cpipe echo echo hi"), "hi\n");
});

test("a pipe on which nothing ever comes ends in the timeout, with what to do", async () => {
  const { code, stderr } = await place.shell("{ sleep 5 & } | cpipe echo echo hi --timeout 0.2");
  assert.equal(code, 124);
  assert.match(stderr, /no end from standard input within 0.2 s. Give <\/dev\/null/);
});

test("a socket that stays silent, as programs leave it to their children, is taken for nothing", async () => {
  const child = place.start("echo", "echo", "hi");
  const { code, stdout, stderr } = await finished(child);
  assert.deepEqual([code, stdout], [0, "hi\n"]);
  assert.match(stderr, /nothing came on standard input/);
});

test("a socket that something comes from is read to its end", async () => {
  const child = place.start("echo", "echo", "hi");
  child.stdin?.end("there");
  assert.deepEqual(await finished(child), { code: 0, signal: null, stdout: "hi\n\nthere\n", stderr: "" });
});

test("text of many megabytes goes through", async () => {
  assert.equal(await shell("head -c 5000000 /dev/zero | tr '\\0' x | cpipe echo echo - | wc -c"), "5000001\n");
});
