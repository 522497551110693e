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

/** @internal A shape for the type below; a vector server's own settings have these fields among others. */
const Embedding = Type.Object(embedding);
export type EmbeddingSettings = Static<typeof Embedding>;
