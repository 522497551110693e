import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { createConversation, findConversation, openConversation, renameConversation } from "../../../cpipe/conversations/store.ts";
import { temporaryFolder } from "../../temporary.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const { XDG_STATE_HOME } = process.env;
before(async () => {
  folder = await temporaryFolder();
});
beforeEach((t) => void (process.env["XDG_STATE_HOME"] = join(folder.path, t.name.replaceAll(/\W/g, "-"))));
after(async () => {
  if (XDG_STATE_HOME === undefined) delete process.env["XDG_STATE_HOME"];
  else process.env["XDG_STATE_HOME"] = XDG_STATE_HOME;
  await folder[Symbol.asyncDispose]();
});

const said = (name: string) => findConversation(name).turns.map(({ role, content, stopped }) => [role, content, stopped ?? false]);

test("an answer is kept while it comes, as a stopped one until it is whole", async () => {
  const conversation = createConversation("Hello there", { tool: "chat" });
  conversation.append({ role: "user", content: "Hello there" });
  const answer = conversation.answering();
  answer.add("One ");
  while (said(conversation.name).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(said(conversation.name), [["user", "Hello there", false], ["assistant", "One ", true]]);
  answer.add("two");
  answer.end(true);
  assert.deepEqual(said(conversation.name), [["user", "Hello there", false], ["assistant", "One two", false]]);
  assert.deepEqual(conversation.turns, findConversation(conversation.name).turns, "and is what this process knows");
  const path = join(process.env["XDG_STATE_HOME"] ?? "", "pipe-tools/conversations", `${conversation.name}.jsonl`);
  assert.equal(readFileSync(path, "utf8").split("\n").length, 6, "a head, two turns, one piece more, its end: lines are only added");
});

test("an answer that was stopped stays as far as it came, an empty one is not kept", () => {
  const conversation = createConversation("x", { tool: "chat" });
  conversation.answering().end(true);
  assert.deepEqual(said(conversation.name), []);
  const answer = conversation.answering();
  answer.add("As far");
  answer.end(false);
  assert.deepEqual(said(conversation.name), [["assistant", "As far", true]]);
  conversation.drop(1);
  assert.deepEqual(said(conversation.name), []);
});

test("a conversation gets another name, unless one has it", () => {
  const conversation = createConversation("x", { tool: "chat" });
  conversation.append({ role: "user", content: "x" });
  const renamed = renameConversation(conversation.name, "better");
  renamed.append({ role: "user", content: "y" });
  assert.deepEqual(said("better").map(([, content]) => content), ["x", "y"]);
  assert.throws(() => findConversation(conversation.name), { code: "not-found" });
  openConversation("other", { tool: "chat" }).append({ role: "user", content: "z" });
  assert.throws(() => renameConversation("better", "other"), { code: "exists" });
  assert.throws(() => renameConversation("better", "../x"), { code: "usage" });
  assert.throws(() => renameConversation("nobody", "somebody"), { code: "not-found" });
  assert.throws(() => openConversation("other", { tool: "chat", fresh: true }), { code: "exists" });
  assert.deepEqual(said("other").map(([, content]) => content), ["z"]);
});
