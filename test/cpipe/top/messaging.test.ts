import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fleet } from "./open.ts";

test("any command is sent from a form, its answer seen as it comes, and stopped", async (t) => {
  const { tmux } = await fleet(t, "tools:\n  echo: {server: echo}\n");
  await tmux.until((screen) => /^echo +ready/m.test(screen), "the tool");
  await tmux.press("m");
  await tmux.until((screen) => /count TO/.test(screen) && /get_interface NAME/.test(screen), "its commands, those of every tool too");
  await tmux.press("j", "Enter");
  await tmux.shows(">to*");
  await tmux.press("C-s");
  await tmux.shows("is required");
  await tmux.press("3", "C-s");
  await tmux.until((screen) => /> count {"to":3}\n1\n2\n3\n/.test(screen), "what is counted");
  await tmux.press("v");
  await tmux.until((screen) => screen.includes('every event') && screen.includes('"done":false'), "every event");
  await tmux.press("v", "Enter", "BSpace");
  await tmux.type("1000");
  await tmux.press("Tab");
  await tmux.type("0.05");
  await tmux.press("Enter");
  await tmux.until((screen) => /\n4\n5\n/.test(screen), "a slow count");
  await tmux.press("Escape");
  await tmux.shows("cancelled");
  await tmux.press("Enter", "C-p", "C-p", "C-s");
  await tmux.until((screen) => (screen.match(/> count {"to":3}/g) ?? []).length === 1 && screen.includes("\n3\n"), "what was sent before");
});

test("a model's answer streams below the form, and goes on where the terminal becomes smaller", async (t) => {
  const { tmux } = await fleet(t, "tools:\n  chat: {server: chat}\n");
  await tmux.until((screen) => /^chat +ready \(idle\)/m.test(screen), "the model");
  await tmux.press("m");
  await tmux.until((screen) => /^ ask /m.test(screen), "its commands");
  const commands = (await tmux.rows()).slice(1).map((row) => row.trim().split(" ")[0]);
  await tmux.press(...Array.from({ length: commands.indexOf("ask") }, () => "j"), "Enter");
  await tmux.shows(">data");
  await tmux.type("Hello");
  await tmux.press("C-s");
  await tmux.until((screen) => screen.includes("I am the small built-in stand-in") && screen.includes("token by token."), "the answer");
  await tmux.resize(40, 12);
  await tmux.until((screen, rows) => rows.length === 12 && screen.includes("token by token."), "the answer in a smaller terminal");
  await tmux.press("q", "q");
  await tmux.until((screen) => /^chat +ready \(idle\)/m.test(screen), "the tools");
  await tmux.resize(80, 24);
  await tmux.until((screen) => /^chat .* tok\/s/m.test(screen), "how fast it was");
});

test("sound is kept in a file", async (t) => {
  const { home, tmux } = await fleet(t, "tools:\n  tts: {server: tts}\n");
  await tmux.until((screen) => /^tts +ready \(idle\)/m.test(screen), "the voice");
  await tmux.press("m");
  await tmux.until((screen) => /^ say /m.test(screen), "its commands");
  const commands = (await tmux.rows()).slice(1).map((row) => row.trim().split(" ")[0]);
  await tmux.press(...Array.from({ length: commands.indexOf("say") }, () => "j"), "Enter");
  await tmux.shows(">text");
  await tmux.type("Good morning");
  await tmux.press("BTab");
  await tmux.shows(">save to");
  await tmux.type("~/morning.wav");
  await tmux.press("C-s");
  await tmux.shows("morning.wav has the sound");
  const sound = readFileSync(join(home.place.root, "home/morning.wav"));
  assert.deepEqual([sound.subarray(0, 4).toString(), sound.length > 10_000], ["RIFF", true]);
});

test("a tool that is down is told of, and what is sent to it fails in words", async (t) => {
  const { tmux } = await fleet(t, "tools:\n  echo: {server: echo}\n  spare: {server: echo, autostart: false}\n");
  await tmux.until((screen) => /^spare +down/m.test(screen), "the tools");
  await tmux.press("j", "m");
  await tmux.shows("spare is down");
});
