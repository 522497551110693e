import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { missingLine, tourBlocks } from "../../scripts/tour/blocks.ts";
import { manifest, root, textOf } from "./files.ts";

const pages = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];

describe("the README", () => {
  const blocks = tourBlocks(textOf("README.md"));

  it("has a tour that begins with one start and goes on for a while", () => {
    assert.deepEqual(blocks.map(({ kind }) => kind).filter((kind) => kind === "start"), ["start"]);
    assert.equal(blocks[0]?.kind, "start");
    assert.ok(blocks.length >= 8, `${blocks.length} blocks`);
    assert.match(textOf(".ci/run"), /scripts\/tour\/main\.ts/);
  });

  it("shows the output of most of its steps", () => {
    assert.ok(blocks.filter(({ shown }) => shown !== null).length >= 5);
  });

  it("and the docs name only scripts and commands that package.json has", () => {
    const unknown = pages.flatMap((page) => [...textOf(page).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? "")).filter((name) => !Object.hasOwn(manifest.scripts, name));
    assert.deepEqual(unknown, []);
  });

  it("and the docs name only flags of cpipe that its help has", () => {
    const help = execFileSync(process.execPath, ["--import", "tsx", "cpipe/main.ts", "--help"], { cwd: root, encoding: "utf8" });
    const named = pages.flatMap((page) => [...textOf(page).matchAll(/(?<!no `)cpipe (--[a-z-]+)/g)].map(([, flag]) => flag ?? ""));
    const planned = ["--install-service"];
    assert.deepEqual(named.filter((flag) => !help.includes(flag) && !planned.includes(flag)), []);
  });
});

describe("missingLine", () => {
  it("finds nothing missing when every line comes in order, whatever the numbers and gaps", () => {
    assert.equal(missingLine("chat  ready  12\n…\nHello, …", "NAME\nchat ready    4711\nmore\nHello, Ada!\n"), null);
  });

  it("names the first line that does not come", () => {
    assert.equal(missingLine("a\nc\nb", "a\nb\nc\n"), "b");
    assert.equal(missingLine("Hello (you)", "Hello you"), "Hello (you)");
  });

  it("lets the pipes be in any folder", () => {
    assert.equal(missingLine("chat /tmp/tool-chat", "chat /somewhere/else/tool-chat"), null);
  });
});

describe("tourBlocks", () => {
  it("takes only blocks that are marked, with the output right behind them", () => {
    const markdown = ["```sh", "no", "```", "```sh tour", "yes", "```", "words", "```text", "out", "```", "```sh tour", "last", "```"].join("\n");
    assert.deepEqual(tourBlocks(markdown), [
      { line: 4, kind: "step", commands: "yes", shown: "out" },
      { line: 11, kind: "step", commands: "last", shown: null },
    ]);
  });
});
