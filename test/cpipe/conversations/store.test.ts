import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { messageOf, messagesOf } from "../../../cpipe/conversations/format.ts";
import { type Conversation, createConversation, findConversation, listConversations, openConversation, removeConversation } from "../../../cpipe/conversations/store.ts";
import { lastConversation, noteConversation } from "../../../cpipe/conversations/terminal.ts";
import { root } from "../../harness.ts";

const state = mkdtempSync(join(tmpdir(), "cpipe-store-"));
process.env["XDG_STATE_HOME"] = state;
const folder = join(state, "pipe-tools/conversations");
const fileOf = (name: string): string => join(folder, `${name}.jsonl`);
const tool = { tool: "chat" };
const turn = (text: string) => ({ role: "user", content: text }) as const;
const answer = (text: string) => ({ role: "assistant", content: text }) as const;
const messagesIn = ({ system, turns }: Conversation) => messagesOf(system, turns.map(messageOf));
beforeEach(() => rmSync(folder, { recursive: true, force: true }));
after(() => rmSync(state, { recursive: true, force: true }));

describe("a conversation", () => {
  it("is there again as it was left, with what the model is to be", () => {
    const bread = openConversation("bread", tool);
    bread.setSystem("You are a baker.");
    bread.append(turn("How long?"), { ...answer("Ten min"), stopped: true });
    const again = findConversation("bread");
    assert.deepEqual(messagesIn(again), [{ role: "system", content: "You are a baker." }, turn("How long?"), answer("Ten min")]);
    assert.deepEqual(again.turns.map(({ stopped }) => stopped), [undefined, true]);
    assert.deepEqual([again.tool, again.unread], ["chat", 0]);
  });

  it("is a file of its owner's, made when something is said, of lines that are only added", () => {
    const bread = openConversation("bread", tool);
    assert.deepEqual(listConversations(), []);
    bread.append(turn("one"), answer("two"));
    const before = readFileSync(fileOf("bread"), "utf8");
    bread.drop(1);
    bread.append(answer("three"));
    assert.ok(readFileSync(fileOf("bread"), "utf8").startsWith(before));
    assert.deepEqual(messagesIn(findConversation("bread")), [turn("one"), answer("three")]);
    assert.deepEqual([statSync(folder).mode & 0o777, statSync(fileOf("bread")).mode & 0o777], [0o700, 0o600]);
  });

  it("loses no more than the line that was being written", () => {
    openConversation("bread", tool).append(turn("one"), answer("two"));
    appendFileSync(fileOf("bread"), '{"id":"x","role":"user","content":"thr');
    const torn = openConversation("bread", tool);
    assert.deepEqual([messagesIn(torn), torn.unread], [[turn("one"), answer("two")], 1]);
    torn.append(turn("four"));
    assert.deepEqual([messagesIn(findConversation("bread")), findConversation("bread").unread], [[turn("one"), answer("two"), turn("four")], 1]);
  });

  it("is not mixed up by two processes that add to it at once, nor by one that takes something back", async () => {
    openConversation("bread", tool).append(turn("first"));
    const script = `const { openConversation } = await import(${JSON.stringify(join(root, "cpipe/conversations/store.ts"))});
      for (let at = 0; at < 50; at++) { const it = openConversation("bread", { tool: "chat" }); it.append({ role: "user", content: process.argv[1] + at }, { role: "assistant", content: process.argv[1] + at + "é".repeat(5000) }); if (at % 10 === 9) it.drop(2); }`;
    const writers = ["a", "b", "c"].map((name) => spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, name], { cwd: root, env: process.env, stdio: "inherit" }));
    for (const [code] of await Promise.all(writers.map((writer) => once(writer, "exit")))) assert.equal(code, 0);
    const { turns, unread } = findConversation("bread");
    assert.equal(unread, 0);
    assert.equal(turns.length, 1 + 3 * 2 * 45);
    for (let at = 1; at < turns.length; at += 2) assert.equal(turns[at + 1]?.content, `${turns[at]?.content}${"é".repeat(5000)}`, "what was said and its answer stay together");
  });

  it("goes on when its file was deleted meanwhile", () => {
    const bread = openConversation("bread", tool);
    bread.append(turn("one"));
    removeConversation("bread");
    bread.append(turn("two"));
    assert.deepEqual([messagesIn(findConversation("bread")), findConversation("bread").tool], [[turn("two")], "chat"]);
  });

  it("is no link and no pipe, and nothing is put where one is", () => {
    mkdirSync(folder, { recursive: true });
    const other = join(state, "other");
    writeFileSync(other, "");
    symlinkSync(other, fileOf("link"));
    mkdirSync(fileOf("folder"));
    assert.throws(() => openConversation("link", tool), { code: "unsafe-file" });
    assert.throws(() => openConversation("folder", tool), { code: "unsafe-file" });
    assert.equal(readFileSync(other, "utf8"), "");
  });

  it("of a later version is left alone", () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(fileOf("bread"), '{"version":2,"name":"bread","tool":"chat","created":"2026-11-29T12:00:00.000Z"}\n');
    assert.throws(() => openConversation("bread", tool), { code: "file-failed", message: /a later version of cpipe has written it/ });
  });
});

describe("conversations", () => {
  it("that nobody has named are named by the day and what is said first, each otherwise", () => {
    const names = ["How do I knead the dough, exactly, and for how long?", "How do I knead the dough, exactly?", "Ça va?", "日本語", "a".repeat(100)].map((words) => createConversation(words, tool).name);
    const bare = names.map((name) => name.replace(/^\d{4}-\d\d-\d\d-/, ""));
    assert.deepEqual(bare.map((name) => name.replace(/^\d{4}$/, "TIME")), ["how-do-i-knead-the-dough-exactly", "how-do-i-knead-the-dough-exactly-2", "ca-va", "TIME", "a".repeat(32)]);
    assert.match(createConversation("Ça va?", tool).name, /-ca-va-2$/);
  });

  it("are listed with the latest first, by what the user has said", () => {
    openConversation("old", tool).append(turn("What is\n  old?"), answer("x"));
    writeFileSync(fileOf("old"), readFileSync(fileOf("old"), "utf8").replaceAll(/20\d\d-/g, "2001-"));
    openConversation("new", { tool: "big" }).append(turn("a"), answer("b"), turn("c"));
    writeFileSync(join(folder, "strange.jsonl"), "rubbish\n");
    writeFileSync(join(folder, ".hidden.jsonl"), "");
    const listed = listConversations();
    assert.deepEqual(listed.map(({ name, tool: by, turns, about }) => ({ name, by, turns, about })).filter(({ name }) => name !== "strange"), [{ name: "new", by: "big", turns: 2, about: "a" }, { name: "old", by: "chat", turns: 1, about: "What is old?" }]);
    assert.equal(listed.at(-1)?.name, "old");
  });

  it("have names that are no paths", () => {
    for (const name of ["", "..", "a/b", ".hidden", "-x", "a b", "x".repeat(65), "a\n"]) assert.throws(() => openConversation(name, tool), { code: "usage" }, name);
  });

  it("that are not there are not found, and what was meant is said", () => {
    openConversation("bread", tool).append(turn("x"));
    assert.throws(() => findConversation("braed"), { code: "not-found", message: /there is no conversation 'braed'. Did you mean 'bread'\?/ });
    assert.throws(() => removeConversation("soup"), { code: "not-found" });
    removeConversation("bread");
    assert.deepEqual(listConversations(), []);
  });

  it("are a terminal's own: its last one is remembered until it is no more", () => {
    for (const name of ["bread", "soup"]) openConversation(name, tool).append(turn(name));
    assert.equal(lastConversation("one"), null);
    noteConversation("one", "bread");
    noteConversation("two", "soup");
    assert.deepEqual([lastConversation("one"), lastConversation("two"), lastConversation("three")], ["bread", "soup", null]);
    noteConversation("one", "soup");
    assert.equal(lastConversation("one"), "soup");
    removeConversation("soup");
    assert.equal(lastConversation("one"), null);
    assert.deepEqual(readdirSync(join(folder, ".terminals")).sort(), ["one", "two"]);
  });
});
