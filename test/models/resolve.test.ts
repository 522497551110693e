import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { ensureBuiltinModel } from "../../servers/chat/builtin/ensure.ts";
import { builtinModel } from "../../servers/chat/builtin/model.ts";
import { resolveModel } from "../../models/resolve.ts";
import { parseModel, partsOf } from "../../models/source.ts";
import { temporaryFolder } from "../temporary.ts";
import { sendFile, serve, type Web } from "./web.ts";

const model = builtinModel();

/** What a server says of its own: where models are kept, and what `builtin` is. */
const own = (folder: string) => ({ folder, builtin: ensureBuiltinModel });

describe("model: in tools.yaml", () => {
  test("is a path, an address, a Hugging Face repository or the built-in one", () => {
    const hf = { kind: "hf", user: "bartowski", repo: "Llama-3.2-1B-Instruct-GGUF" };
    assert.deepEqual(parseModel("builtin"), { kind: "builtin" });
    assert.deepEqual(parseModel("models/a.gguf", "/home/me"), { kind: "path", path: "/home/me/models/a.gguf" });
    assert.deepEqual(parseModel("/abs/a.gguf", "/home/me"), { kind: "path", path: "/abs/a.gguf" });
    assert.deepEqual(parseModel("https://example.org/a.gguf?x=1"), { kind: "url", url: new URL("https://example.org/a.gguf?x=1") });
    assert.deepEqual(parseModel("hf:bartowski/Llama-3.2-1B-Instruct-GGUF"), { ...hf, file: null, quant: "latest" });
    assert.deepEqual(parseModel("hf:bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M"), { ...hf, file: null, quant: "Q4_K_M" });
    assert.deepEqual(parseModel("hf:bartowski/Llama-3.2-1B-Instruct-GGUF/sub/a.gguf"), { ...hf, file: "sub/a.gguf", quant: "latest" });
  });

  test("that is none of them is refused with what was expected", () => {
    for (const wrong of ["hf:only-a-user", "hf:user/../..:Q4", "hf:user/repo/../../x.gguf", "hf:user/repo/file.bin", "https://example.org/page.html", "https://"]) {
      assert.throws(() => parseModel(wrong), { code: "usage", message: /expected .*got/ }, wrong);
    }
  });

  test("names the first part of a model in parts; all have to be there", async () => {
    assert.deepEqual(partsOf("m-00001-of-00003.gguf"), ["m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"]);
    assert.deepEqual(partsOf("m.gguf"), ["m.gguf"]);
    await using folder = await temporaryFolder();
    const first = await folder.write("m-00001-of-00002.gguf", model);
    const missing = join(folder.path, "m-00002-of-00002.gguf");
    await assert.rejects(resolveModel(first, { ...own(folder.path) }), { code: "model-missing", facts: { path: missing, hint: "Check `model:` in tools.yaml" } });
    await folder.write("m-00002-of-00002.gguf", model);
    assert.deepEqual(await resolveModel(missing, { ...own(folder.path) }), { kind: "path", path: first });
  });

  test("builtin is written into the models folder", async () => {
    await using folder = await temporaryFolder();
    const { path } = await resolveModel("builtin", { ...own(folder.path) });
    assert.ok((await readFile(path)).equals(model));
  });

  test("as an address is fetched once, into a folder of that address's own", async () => {
    await using folder = await temporaryFolder();
    await using web = await serve((request, response) => sendFile(request, response, model));
    const { path } = await resolveModel(web.url.href, { ...own(folder.path) });
    assert.equal(basename(path), "model.gguf");
    assert.equal((await resolveModel(web.url.href, { ...own(folder.path) })).path, path);
    assert.notEqual((await resolveModel(`${web.url.href}?other`, { ...own(folder.path) })).path, path);
    assert.deepEqual(web.log, ["GET /model.gguf", "GET /model.gguf?other"]);
  });
});

/** A site as Hugging Face is one: a manifest for a quantisation, a redirect to another host for a file. */
function site(files: Record<string, string>, storage: Web, seen: Array<string | undefined>) {
  return serve((request, response) => {
    seen.push(request.headers.authorization);
    const quant = /^\/v2\/me\/tiny\/manifests\/(.+)$/.exec(request.url ?? "")?.[1];
    if (quant !== undefined) {
      const rfilename = request.headers["user-agent"] === "llama-cpp" ? files[quant] : undefined;
      if (rfilename === undefined) return void response.writeHead(404).end();
      return void response.end(JSON.stringify({ ggufFile: { rfilename } }));
    }
    response.writeHead(302, { location: new URL(request.url!, storage.url).href }).end();
  });
}

describe("a model of Hugging Face", () => {
  test("is found by its quantisation and fetched, and then needs no network", async () => {
    await using folder = await temporaryFolder();
    const strangers: Array<string | undefined> = [];
    const friends: Array<string | undefined> = [];
    await using storage = await serve((request, response) => {
      strangers.push(request.headers.authorization);
      sendFile(request, response, model);
    });
    await using hf = await site({ Q4_K_M: "tiny-Q4_K_M.gguf" }, storage, friends);
    const env = { HF_ENDPOINT: hf.url.origin, HF_TOKEN: "secret" };
    const { path } = await resolveModel("hf:me/tiny:Q4_K_M", { ...own(folder.path), env });
    assert.equal(path, join(folder.path, "hf/me/tiny/tiny-Q4_K_M.gguf"));
    assert.ok((await readFile(path)).equals(model));
    assert.deepEqual(hf.log, ["GET /v2/me/tiny/manifests/Q4_K_M", "GET /me/tiny/resolve/main/tiny-Q4_K_M.gguf"]);
    assert.deepEqual(friends, ["Bearer secret", "Bearer secret"]);
    assert.deepEqual(strangers, [undefined], "the token is for the site only");
    assert.equal((await resolveModel("hf:me/tiny:Q4_K_M", { ...own(folder.path), env: { HF_ENDPOINT: "http://127.0.0.1:9" } })).path, path);
  });

  test("in parts is fetched part by part, side by side", async () => {
    await using folder = await temporaryFolder();
    await using storage = await serve((request, response) => sendFile(request, response, model));
    await using hf = await site({ latest: "sub/big-00001-of-00002.gguf" }, storage, []);
    const values: number[] = [];
    const { path } = await resolveModel("hf:me/tiny", { ...own(folder.path), env: { MODEL_ENDPOINT: `${hf.url.origin}/` }, onProgress: ({ value }) => values.push(value) });
    assert.equal(path, join(folder.path, "hf/me/tiny/sub/big-00001-of-00002.gguf"));
    assert.equal((await stat(join(folder.path, "hf/me/tiny/sub/big-00002-of-00002.gguf"))).size, model.length);
    assert.equal(Math.max(...values), 2 * model.length);
  });

  test("that is not there, or whose answer would leave the folder, is named", async () => {
    await using folder = await temporaryFolder();
    await using storage = await serve((request, response) => sendFile(request, response, model));
    await using hf = await site({ evil: "../../evil.gguf" }, storage, []);
    const env = { HF_ENDPOINT: hf.url.origin };
    await assert.rejects(resolveModel("hf:me/tiny:Q8_0", { ...own(folder.path), env }), { code: "model-download", message: /answered 404/ });
    await assert.rejects(resolveModel("hf:me/tiny:evil", { ...own(folder.path), env }), { code: "model-download", message: /no GGUF file for 'evil'/ });
    assert.deepEqual(storage.log, []);
  });
});
