import assert from "node:assert/strict";
import { test } from "node:test";
import { prefixesOf } from "../../../../../servers/vector/embedders/llama/prefixes.ts";

const passages = "Represent this sentence for searching relevant passages: ";
const task = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:";

/** Names as they are in files that people use. */
const known: Record<string, [query: string, passage: string]> = {
  "e5-base-v2": ["query: ", "passage: "],
  "Multilingual E5 Small": ["query: ", "passage: "],
  "multilingual-e5-large-instruct": [`${task} `, ""],
  "e5-mistral-7b-instruct": [`${task} `, ""],
  "Bge Small En v1.5": [passages, ""],
  "bge-large-zh-v1.5": ["为这个句子生成表示以用于检索相关文章：", ""],
  "Bge M3": ["", ""],
  "nomic-embed-text-v1": ["search_query: ", "search_document: "],
  "nomic-embed-text-v1.5": ["search_query: ", "search_document: "],
  "Nomic Embed Text V2 Moe": ["search_query: ", "search_document: "],
  "mxbai-embed-large-v1": [passages, ""],
  "Snowflake Arctic Embed M": [passages, ""],
  "snowflake-arctic-embed-m-v1.5": [passages, ""],
  "Snowflake Arctic Embed L v2.0": ["query: ", ""],
  "gte-large": ["", ""],
  "gte-multilingual-base": ["", ""],
  "jina-embeddings-v2-base-en": ["", ""],
  "Jina Embeddings V3": ["Represent the query for retrieving evidence documents: ", "Represent the document for retrieval: "],
  "Embeddinggemma 300M": ["task: search result | query: ", "title: none | text: "],
  "Qwen3 Embedding 0.6B": [task, ""],
  "all-MiniLM-L6-v2": ["", ""],
  "something-of-my-own": ["", ""],
};

for (const [name, [query, passage]] of Object.entries(known)) {
  test(`${name} gets ${JSON.stringify(query)} and ${JSON.stringify(passage)}`, () => {
    assert.deepEqual(prefixesOf({ architecture: "bert", name, file: "model.gguf" }), { query, passage });
    assert.deepEqual(prefixesOf({ architecture: "bert", basename: name, file: "model.gguf" }), { query, passage });
    assert.deepEqual(prefixesOf({ architecture: "bert", file: `${name.replaceAll(" ", "-").toLowerCase()}-Q8_0.gguf` }), { query, passage });
  });
}

test("EmbeddingGemma is known by its architecture, whatever it is called", () => {
  assert.equal(prefixesOf({ architecture: "gemma-embedding", name: "mine", file: "mine.gguf" }).query, "task: search result | query: ");
});

test("The model's own name counts before that of its file", () => {
  assert.equal(prefixesOf({ architecture: "bert", name: "e5-small", file: "bge-small-en.gguf" }).query, "query: ");
});
