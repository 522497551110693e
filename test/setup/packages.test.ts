import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import { type Locked, locked, manifest, textOf } from "./files.ts";

// Comes with node-llama-cpp; without types.
const { satisfies } = createRequire(import.meta.url)("semver") as { satisfies: (version: string, range: string) => boolean };
const others = Object.entries(locked).filter(([path]) => path !== "");

describe("package.json and package-lock.json", () => {
  it("pin every package of ours to one version", () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    const loose = Object.entries(all).filter(([, version]) => !/^(npm:@?[^@]+@)?\d+\.\d+\.\d+$/.test(version));
    assert.deepEqual(loose, []);
  });

  it("say the same", () => {
    const { dependencies, devDependencies, optionalDependencies } = locked[""] ?? {};
    assert.deepEqual({ dependencies, devDependencies, optionalDependencies }, {
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
      optionalDependencies: manifest.optionalDependencies,
    });
  });

  it("leave no package out, those of other platforms included: npm ci would refuse them", () => {
    const missing = Object.entries(locked).flatMap(([path, entry]) => wantedBy(entry).filter((name) => find(path, name) === null).map((name) => `${path} wants ${name}`));
    assert.deepEqual(missing, []);
  });

  it("name no registry, so that everybody's own is used", () => {
    assert.deepEqual(others.filter(([, entry]) => entry.resolved?.startsWith("http") === true), []);
  });

  it("need no newer Node than we do", () => {
    const unfit = others.filter(([, { engines }]) => engines?.["node"] !== undefined && !satisfies("20.19.0", engines["node"]));
    assert.deepEqual(unfit.map(([path, { engines }]) => `${path} wants Node ${engines?.["node"]}`), []);
  });

  it("decide about exactly those packages that have an install script, and run none", () => {
    const scripted = others.filter(([, entry]) => entry.hasInstallScript).map(([path, entry]) => entry.name ?? nameOf(path));
    assert.deepEqual(Object.keys(manifest.allowScripts).sort(), [...new Set(scripted)].sort());
    assert.deepEqual(Object.values(manifest.allowScripts).filter(Boolean), []);
  });

  it("put a package that no platform of ours unpacks in the place of each large build of llama.cpp", () => {
    const { version } = locked["node_modules/node-llama-cpp"] ?? {};
    for (const [name, alias] of Object.entries(manifest.optionalDependencies)) {
      const entry = locked[`node_modules/${name}`];
      assert.equal(alias, `npm:${entry?.name}@${version}`, name);
      assert.deepEqual(entry?.os, ["win32"], name);
      assert.equal(entry?.optional, true, name);
    }
    const large = Object.keys(locked["node_modules/node-llama-cpp"]?.optionalDependencies ?? {}).filter((name) => /linux.*(cuda|vulkan)/.test(name));
    assert.deepEqual(large.filter((name) => !Object.hasOwn(manifest.optionalDependencies, name)), []);
  });

  it("agree with the script that brings those builds back", () => {
    const script = textOf("scripts/llama-build.mjs");
    assert.equal(/VERSION = "(.*)"/.exec(script)?.[1], manifest.dependencies["node-llama-cpp"]);
    const parts = [...script.matchAll(/"(linux-[^"]+)": "sha512-/g)].map((match) => `@node-llama-cpp/${match[1]}`);
    assert.deepEqual(parts.sort(), Object.keys(manifest.optionalDependencies).sort());
  });
});

function wantedBy(entry: Locked): string[] {
  return Object.keys({ ...entry.dependencies, ...entry.devDependencies, ...entry.optionalDependencies });
}

/** Where Node would find `name` from a package's folder. */
function find(from: string, name: string): Locked | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))) {
    const found = locked[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`];
    if (found !== undefined) return found;
    if (folder === "") return null;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}
