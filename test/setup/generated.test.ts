import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { generated } from "../../scripts/generate.ts";
import { root, textOf } from "./files.ts";

describe("the generated files", () => {
  for (const { file, text } of generated) {
    it(`${file} is what its source says; npm run generate writes it`, async () => {
      assert.equal(textOf(file), await text());
    });
  }

  it("are the only pages of interfaces", () => {
    const pages = readdirSync(join(root, "docs/interfaces")).map((name) => `docs/interfaces/${name}`);
    const known = generated.map(({ file }) => file);
    assert.deepEqual(pages.filter((page) => !known.includes(page)), []);
  });
});
