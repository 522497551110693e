import { type Static, Type } from "typebox";

/** How a vector server makes its embeddings where tools.yaml says nothing. What is missing here has no fixed default; see the descriptions. */
export const embeddingDefaults = {
  backend: "local",
  model: "builtin",
  threads: "auto",
  gpu: "auto",
  gpuLayers: "auto",
} as const;

/** What an endpoint calls its model may have slashes in it, so only what ends as a model's file does is the path of one. */
const NOT_A_FILE = "^(builtin$|[hH][tT][tT][pP][sS]?:|hf:)|^(?!.*\\.gguf$)";

/** What of `settings:` of a vector server says how texts become vectors. All of it needs another process: an index goes with its embedder. */
export const embedding = {
  backend: Type.Optional(
    Type.Union([Type.Literal("local"), Type.Literal("openai")], {
      default: embeddingDefaults.backend,
      description: "where embeddings are made: 'local' in a process of this machine, 'openai' by the endpoint at `url`",
    }),
  ),
  model: Type.Optional(
    Type.String({
      minLength: 1,
      default: embeddingDefaults.model,
      file: NOT_A_FILE,
      description:
        "'builtin', which compares words and spelling and needs no model, the path of a .gguf file made for embeddings, its https: address, or hf:user/repo:quant or hf:user/repo/file.gguf from Hugging Face; with `backend: openai` what the endpoint calls its model",
    }),
  ),
  url: Type.Optional(
    Type.String({ pattern: "^https?://", description: "with `backend: openai`, the address that has /embeddings below it, as https://api.openai.com/v1 or http://localhost:8080/v1" }),
  ),
  apiKey: Type.Optional(Type.String({ minLength: 1, description: "with `backend: openai`, sent as a bearer token; write ${NAME} to take it from the environment" })),
  dimensions: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65_536, description: "with `backend: openai`, how many numbers a vector is to have, where the model has a choice; without it, as many as the endpoint sends" }),
  ),
  prefixes: Type.Optional(
    Type.Object(
      {
        query: Type.Optional(Type.String({ description: "put before each query; without it what the model was trained with, if it is known" })),
        passage: Type.Optional(Type.String({ description: "put before each passage; without it what the model was trained with, if it is known" })),
      },
      { additionalProperties: false, description: "what tells the model a query from a passage" },
    ),
  ),
  threads: Type.Optional(
    Type.Union([Type.Literal("auto"), Type.Integer({ minimum: 1, maximum: 512 })], {
      default: embeddingDefaults.threads,
      description: "processor threads for one text; 'auto' measures at load and remembers what was fastest. Cores that are left work on other texts",
    }),
  ),
  gpu: Type.Optional(
    Type.Union([Type.Literal("auto"), Type.Literal(false), Type.Literal("cuda"), Type.Literal("vulkan"), Type.Literal("metal")], {
      default: embeddingDefaults.gpu,
      description: "the GPU interface to use; 'auto' takes what is there, false none",
    }),
  ),
  gpuLayers: Type.Optional(
    Type.Union([Type.Literal("auto"), Type.Literal("max"), Type.Integer({ minimum: 0 })], {
      default: embeddingDefaults.gpuLayers,
      description: "how many layers of the model are kept on the GPU; 'auto' as many as fit",
    }),
  ),
};

const live = { applies: "live" } as const;

/** What else holds where tools.yaml says nothing. */
export const vectorDefaults = {
  ...embeddingDefaults,
  durable: true,
  preload: true,
  maxQueue: 256,
} as const;

/** What the two searches count for when they are joined: words lead where the vectors are made of words, too. */
export const weightDefaults = { builtin: { text: 1, vector: 0.5 }, model: { text: 1, vector: 1 } } as const;

/** `settings:` of a `server: vector` in tools.yaml. */
export const VectorSettings = Type.Object(
  {
    ...embedding,
    folder: Type.Optional(Type.String({ minLength: 1, file: "^$", description: "where the collections are, a file each; the tool's name in ~/.local/share/pipe-tools unless set" })),
    uri: Type.Optional(
      Type.String({ pattern: "^qdrant\\+https?://.", description: "keep the collections at a Qdrant server instead of on this machine, as qdrant+http://localhost:6333" }),
    ),
    uriKey: Type.Optional(Type.String({ minLength: 1, description: "the API key of the server at `uri`; write ${NAME} to take it from the environment" })),
    weights: Type.Optional(
      Type.Object(
        { text: Type.Optional(Type.Number({ minimum: 0, description: "of the search by words" })), vector: Type.Optional(Type.Number({ minimum: 0, description: "of the search by vectors" })) },
        { additionalProperties: false, ...live, description: "what the two searches count for in a hybrid one; 1 and 0.5 with the built-in vectors, which are made of words, too, 1 and 1 with a model" },
      ),
    ),
    durable: Type.Optional(
      Type.Boolean({ default: vectorDefaults.durable, description: "what was answered outlives a power cut; with false it outlives only the death of the process, and single rows are added about twice as fast" }),
    ),
    preload: Type.Optional(Type.Boolean({ default: vectorDefaults.preload, description: "open all collections at the start; otherwise each is opened by its first request" })),
    maxQueue: Type.Optional(Type.Integer({ minimum: 0, ...live, default: vectorDefaults.maxQueue, description: "how many requests may wait for the embedding model; past that they are refused as busy" })),
  },
  { additionalProperties: false, description: "settings of a vector server" },
);
export type VectorSettings = Static<typeof VectorSettings>;

/** What of them an embedder is made by. */
export type EmbeddingSettings = Pick<VectorSettings, keyof typeof embedding>;
