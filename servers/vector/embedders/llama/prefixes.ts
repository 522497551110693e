/** What is put before a text so that the model knows what it is. */
export interface Prefixes {
  readonly query: string;
  readonly passage: string;
}

/** What a GGUF file calls its model. */
export interface ModelNames {
  readonly architecture: string;
  readonly name?: string | undefined;
  readonly basename?: string | undefined;
  /** The file's own name, for what was converted without a name. */
  readonly file: string;
}

/** The prefixes that a model was trained with; none for one that is not known here, for a wrong one is worse than none. */
export function prefixesOf({ architecture, name = "", basename = "", file }: ModelNames): Prefixes {
  if (architecture === "gemma-embedding") return EMBEDDING_GEMMA;
  const names = [name, basename, file].map((text) => text.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "-"));
  for (const text of names) {
    const family = FAMILIES.find(({ pattern }) => pattern.test(text));
    if (family !== undefined) return family.prefixes;
  }
  return NONE;
}

const NONE: Prefixes = { query: "", passage: "" };
const query = (text: string): Prefixes => ({ query: text, passage: "" });

const SEARCH_PASSAGES = query("Represent this sentence for searching relevant passages: ");
const EMBEDDING_GEMMA: Prefixes = { query: "task: search result | query: ", passage: "title: none | text: " };

/**
 * The first that fits holds. Source, where nothing else is said: the model cards on huggingface.co, and `model_prompts` in
 * github.com/embeddings-benchmark/mteb, mteb/models.
 */
const FAMILIES: ReadonlyArray<{ readonly pattern: RegExp; readonly prefixes: Prefixes }> = [
  // config_sentence_transformers.json of embeddinggemma-300m
  { pattern: /embedding-?gemma|gemma-embedding/, prefixes: EMBEDDING_GEMMA },
  // No space after "Query:": the example of Qwen/Qwen3-Embedding-0.6B
  { pattern: /qwen3-(vl-)?embedding/, prefixes: query("Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:") },
  // A space after it: the examples of intfloat/multilingual-e5-large-instruct and e5-mistral-7b-instruct
  { pattern: /\be5-(.*-)?instruct/, prefixes: query("Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ") },
  { pattern: /\be5-(x?small|base|large)\b/, prefixes: { query: "query: ", passage: "passage: " } },
  { pattern: /arctic-embed-.*v2(\.0)?\b/, prefixes: query("query: ") },
  { pattern: /arctic-embed/, prefixes: SEARCH_PASSAGES },
  { pattern: /mxbai-embed/, prefixes: SEARCH_PASSAGES },
  { pattern: /nomic-embed-code/, prefixes: query("Represent this query for searching relevant code: ") },
  { pattern: /nomic-embed|nomic-bert/, prefixes: { query: "search_query: ", passage: "search_document: " } },
  { pattern: /bge-m3|bge-multilingual/, prefixes: NONE },
  { pattern: /bge-.*zh\b/, prefixes: query("为这个句子生成表示以用于检索相关文章：") },
  { pattern: /bge-(.*-)?(small|base|large)\b/, prefixes: SEARCH_PASSAGES },
  // config_sentence_transformers.json of jina-embeddings-v3; the card of jina-embeddings-v4-text-retrieval-GGUF
  { pattern: /jina-embeddings?-v3/, prefixes: { query: "Represent the query for retrieving evidence documents: ", passage: "Represent the document for retrieval: " } },
  { pattern: /jina-embeddings?-v4/, prefixes: { query: "Query: ", passage: "Passage: " } },
  { pattern: /jina|minilm|\bgte-|paraphrase|all-mpnet/, prefixes: NONE },
];
