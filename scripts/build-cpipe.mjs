// What a person starts often has to start at once. So `cpipe` is one CommonJS file, which Node loads without its loader for modules;
// those of Node's own modules that take a millisecond are loaded when they are first used; and V8's compiled code lies beside it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
/** What takes longest to load, of what not every command needs. */
const slow = ["node:child_process", "node:crypto", "node:fs/promises", "node:net", "node:stream", "node:tty"];

/** The outputs, as those of esbuild: the program, and what it loads. `parts` are sources that become bundles of their own. */
export async function compileCpipe(esbuild, shared, parts) {
  const { outputFiles } = await esbuild.build({
    ...shared,
    entryPoints: ["cpipe/main.ts"],
    outfile: "dist/chunks/cpipe.cjs",
    format: "cjs",
    minifySyntax: true,
    minifyWhitespace: true,
    define: { "import.meta.url": "__url", "import.meta.resolve": "__resolve" },
    plugins: [onDemand(parts), whenUsed],
  });
  // Compiled code that was kept cannot import: the program does it in its place.
  // esbuild writes ASCII, so that it is read as Latin 1, which takes no decoding.
  const text = `(function (require, __filename, __url, __resolve, __import) {${outputFiles[0].text.replaceAll(/\bimport\(/g, "__import(")}\n})`;
  const name = `cpipe-${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
  const kept = compiled(text, name);
  return [
    { path: join(dist, `chunks/${name}.cjs`), contents: text },
    ...(kept === null ? [] : [{ path: join(dist, `chunks/${name}-${process.versions.v8}-${process.arch}.code`), contents: kept }]),
    { path: join(dist, "cpipe.cjs"), contents: program(name) },
    { path: join(dist, "cpipe.js"), contents: FORMER },
  ];
}

/** The program under its former name, which npx keeps for a checkout, and which stands in what `--mcp --print-config` has printed. */
const FORMER = `#!/usr/bin/env node
import "./cpipe.cjs";
`;

/** Compiled code holds for one V8 on one kind of processor; of what is not its own V8 takes none, and compiles it as ever. */
const program = (name) => `#!/usr/bin/env node
const { readFileSync } = require("node:fs");
const { pathToFileURL } = require("node:url");
const { Script } = require("node:vm");

const file = __dirname + "/chunks/${name}.cjs";
let cachedData;
try {
  cachedData = readFileSync(__dirname + "/chunks/${name}-" + process.versions.v8 + "-" + process.arch + ".code");
} catch {} // there is none for this Node
const code = new Script(readFileSync(file, "latin1"), { filename: "${name}.cjs", cachedData });
code.runInThisContext()(require, file, pathToFileURL(file).href, (name) => pathToFileURL(require.resolve(name)).href, (name) => import(name));
`;

/** What V8 has compiled once a list, a completion and a call have been tried, in a place where there is nothing to be found; null where that fails. */
function compiled(text, name) {
  const place = mkdtempSync(join(tmpdir(), "cpipe-code-"));
  try {
    const [bundle, out] = [join(place, `${name}.cjs`), join(place, "code")];
    writeFileSync(bundle, text);
    const env = { PATH: process.env.PATH, HOME: place, XDG_RUNTIME_DIR: place, PIPE_TOOLS_PIPES: place };
    const { status } = spawnSync(process.execPath, [join(root, "scripts/compile.cjs"), bundle, out], { env, stdio: "ignore", timeout: 30_000 });
    return status === 0 ? readFileSync(out) : null;
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Leaves an `import("…")` of one of the parts to be done at run time, from its bundle. */
const onDemand = (parts) => ({
  name: "on-demand",
  setup(builder) {
    builder.onResolve({ filter: /\.ts$/ }, ({ path, resolveDir, kind }) => {
      const bundle = kind === "dynamic-import" ? parts[relative(root, join(resolveDir, path))] : undefined;
      return bundle === undefined ? undefined : { path: `./${relative("dist", bundle)}`, external: true };
    });
  },
});

/** A module of Node's in whose place stands one with a getter for each of its names. */
const whenUsed = {
  name: "when-used",
  setup(builder) {
    const names = createRequire(import.meta.url);
    builder.onResolve({ filter: /^node:/ }, ({ path, namespace }) => (slow.includes(path) && namespace !== "when-used" ? { path, namespace: "when-used" } : undefined));
    builder.onLoad({ filter: /.*/, namespace: "when-used" }, ({ path }) => ({
      contents: Object.keys(names(path)).map((name) => `Object.defineProperty(exports, ${JSON.stringify(name)}, { enumerable: true, get: () => require(${JSON.stringify(path)}).${name} });`).join("\n"),
    }));
  },
};
