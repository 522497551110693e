import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { ToolError } from "../../../../pipes/protocol/errors.ts";
import { QdrantBackend, type QdrantOptions } from "../../../../servers/vector/qdrant/backend.ts";
import { add, search, work } from "../contract.ts";
import { ToyEmbedder } from "../toy.ts";
import { nowhere } from "./nowhere.ts";
import { type Fault, send, standIn } from "./stand-in/server.ts";

function backendAt(uri: string, more: Partial<QdrantOptions> = {}): QdrantBackend {
  return new QdrantBackend({ uri, apiKey: null, tool: "vector", embedder: new ToyEmbedder(), weights: () => ({ text: 1, vector: 1 }), log: nowhere, following: () => undefined, patience: { readMs: 5000, writeMs: 5000, pauseMs: 1 }, ...more });
}

const failed = (message: RegExp): object => ({ code: "backend-failed", message });
/** A fault at requests that `line` matches. */
const at = (line: RegExp, fault: (response: Parameters<Fault>[1]) => unknown): Fault => (request, response) => line.test(`${request.method} ${request.url}`) && (void fault(response), true);

describe("a Qdrant server that fails", () => {
  test("is not there: it is said where nothing listens, and the same backend works once it is", async () => {
    const gone = await standIn();
    await gone[Symbol.asyncDispose]();
    const backend = backendAt(gone.uri);
    await assert.rejects(search(backend, "c", "cat"), failed(/^http:\/\/127\.0\.0\.1:\d+: nothing listens there\. Start Qdrant/));
    await assert.rejects(add(backend, "c", [{ text: "cat" }]), failed(/nothing listens there/));
    await using server = await standIn();
    server.fault = at(/collections/, (response) => response.destroy());
    const other = backendAt(server.uri);
    await assert.rejects(other.collections(), failed(/the connection was cut/));
    server.fault = null;
    assert.deepEqual(await other.collections(), []);
  });

  test("is asked again for what only reads, a few times, and not for a change", async () => {
    await using server = await standIn();
    const backend = backendAt(server.uri);
    await add(backend, "c", [{ text: "cat" }]);
    let left = 2;
    server.fault = at(/count/, (response) => send(response, left-- > 0 ? 500 : 200, left >= 0 ? { status: { error: "Service internal error: oh" } } : { result: { count: 7 } }));
    assert.equal(await backend.count("c", null), 7);
    server.log.length = 0;
    server.fault = at(/points/, (response) => send(response, 503, { status: { error: "Service internal error: overloaded" } }));
    await assert.rejects(backend.count("c", null), failed(/it answered 503: Service internal error: overloaded$/));
    assert.equal(server.log.length, 3);
    server.log.length = 0;
    server.fault = at(/PUT .*points/, (response) => send(response, 500, { status: { error: "oh" } }));
    await assert.rejects(add(backend, "c", [{ text: "dog" }]), failed(/it answered 500: oh/));
    assert.deepEqual(server.log.map((line) => line.split("?")[0]), ["POST /collections/pipe-tools.c/points", "PUT /collections/pipe-tools.c/points"]);
  });

  test("never answers: it is waited for so long, and who cancels does not wait at all", async () => {
    await using server = await standIn();
    for (const begins of [false, true]) {
      server.fault = (_, response) => (begins && response.writeHead(200, { "content-type": "application/json" }).write("{"), true);
      await assert.rejects(backendAt(server.uri, { patience: { readMs: 50 } }).collections(), failed(/no answer within 0\.05 s/));
    }
    const backend = backendAt(server.uri);
    for (const line of [/^GET \/$/, /query/]) {
      server.fault = null;
      await add(backend, "c", [{ text: "cat" }]);
      const cancel = new AbortController();
      server.fault = at(line, () => cancel.abort());
      const waiting = line.source.includes("query") ? backend : backendAt(server.uri);
      await assert.rejects(waiting.search("c", { query: "cat", vector: null, k: 1, filter: null, mode: "hybrid" }, work(cancel.signal)), { code: "cancelled" });
    }
  });

  test("is no Qdrant", async () => {
    await using server = await standIn();
    const answers: ((response: Parameters<Fault>[1]) => unknown)[] = [
      (response) => response.end("<html>Welcome to nginx"),
      (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"result": [{"x"'),
      (response) => send(response, 200, { result: { something: "else" } }),
      (response) => send(response, 200, []),
      (response) => response.writeHead(404).end("not here"),
    ];
    for (const answer of answers) {
      for (const line of [/^GET \/$/, /collections/]) {
        server.fault = at(line, answer);
        await assert.rejects(backendAt(server.uri).collections(), failed(/what answers there is not Qdrant.*6333/));
      }
    }
    server.fault = at(/collections/, (response) => response.writeHead(204).end());
    await assert.rejects(backendAt(server.uri).collections(), failed(/./));
  });

  test("sends us elsewhere: the API key does not go there", async () => {
    await using server = await standIn({ apiKey: "secret" });
    await using elsewhere = await standIn();
    server.fault = at(/./, (response) => response.writeHead(307, { location: elsewhere.uri.replace("qdrant+", "") }).end());
    await assert.rejects(backendAt(server.uri, { apiKey: "secret" }).collections(), failed(/redirect/));
    assert.deepEqual(elsewhere.log, []);
  });

  test("wants another API key: it is said so, without the key", async () => {
    await using server = await standIn({ apiKey: "right" });
    assert.deepEqual(await backendAt(server.uri, { apiKey: "right" }).collections(), []);
    for (const apiKey of [null, "wrong"]) {
      const error = await backendAt(server.uri, { apiKey }).collections().then(() => null, (thrown: unknown) => thrown);
      assert.ok(error instanceof ToolError && error.code === "backend-failed");
      assert.match(error.message, /it answered 401\. The API key is wrong, is missing/);
      assert.doesNotMatch(JSON.stringify([error.message, error.facts]), /wrong"|"wrong/);
    }
  });

  test("warns when a key would go over a network as plain text", () => {
    const warnings: string[] = [];
    const log = { ...nowhere, warn: (_: object, message: string) => void warnings.push(message) };
    for (const uri of ["qdrant+http://10.0.0.1:6333", "qdrant+https://10.0.0.1:6333", "qdrant+http://localhost:6333"]) backendAt(uri, { apiKey: "key", log });
    assert.equal(warnings.length, 1);
  });

  test("is too old", async () => {
    await using old = await standIn({ version: "1.9.7" });
    await assert.rejects(backendAt(old.uri).collections(), failed(/Qdrant 1\.9\.7 is too old\. Update it to 1\.10 or newer/));
    for (const version of ["1.10.1", "1.19.0-dev", "2.0.0"]) {
      await using recent = await standIn({ version });
      assert.deepEqual(await backendAt(recent.uri).collections(), [], version);
    }
  });

  test("has a full disk, is strict, or takes a change without making it", async () => {
    await using server = await standIn();
    const backend = backendAt(server.uri);
    await add(backend, "c", [{ text: "cat" }]);
    server.fault = at(/PUT/, (response) => send(response, 500, { status: { error: "Service internal error: No space left on device" } }));
    await assert.rejects(add(backend, "c", [{ text: "dog" }]), { code: "disk-full" });
    server.fault = at(/PUT/, (response) => send(response, 200, { result: { operation_id: 1, status: "acknowledged" } }));
    await assert.rejects(add(backend, "c", [{ text: "dog" }]), failed(/taken, but not confirmed \(acknowledged\)/));
    server.fault = at(/count/, (response) => send(response, 400, { status: { error: "Bad request: Index required but not found for \"metadata.a\"" } }));
    await assert.rejects(backend.count("c", { op: "exists", field: "a" }), failed(/Index required.*strict mode forbids it: make a payload index/));
  });

  test("cannot be spoken to over TLS", async () => {
    const plain = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => plain.once("listening", resolve));
    const { port } = plain.address() as { port: number };
    await assert.rejects(backendAt(`qdrant+https://127.0.0.1:${port}`).collections(), failed(/it does not speak TLS\. Write qdrant\+http/));
    plain.closeAllConnections();
    plain.close();
  });
});
