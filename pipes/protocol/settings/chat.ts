import { type Static, Type } from "typebox";

/** What a chat server does where tools.yaml says nothing. What is missing here has no fixed default; see the descriptions. */
export const chatDefaults = {
  backend: "local",
  model: "builtin",
  parallel: 4,
  parked: 0,
  maxQueue: 64,
  threads: "auto",
  gpu: "auto",
  gpuLayers: "auto",
  temperature: 0.7,
  topP: 0.95,
  topK: 40,
  minP: 0.05,
  repeatPenalty: 1.1,
  callTimeout: 60,
  silenceTimeout: 600,
  overflow: "trim",
} as const;

/** How often a model may use other tools in a request that does not say. */
export const USUAL_CALLS = 5;

/** What an endpoint calls its model may have slashes in it, so only what ends as a model's file does is the path of one. */
const NOT_A_FILE = "^(builtin$|[hH][tT][tT][pP][sS]?:|hf:)|^(?!.*\\.gguf$)";

/** A running server takes it over: the next request goes by it. What does not say so is a matter of the engine, which is loaded by it. */
const live = { applies: "live" } as const;

/**
 * How a reply is chosen and when it ends. Without defaults in the schema: a request sets only what it names (see `Sampling`), and the settings, too,
 * for an endpoint has defaults of its own. Of a model on this machine those of `usual` hold, and the description says so.
 */
const samplingFields = (usual: Partial<typeof chatDefaults>, applies: { readonly applies?: "live" }) => {
  const shown = (key: string, description: string) => {
    const value = usual[key as keyof typeof usual];
    return { ...applies, description: value === undefined ? description : `${description}. Unless set ${value}, at an endpoint its own` };
  };
  return {
    temperature: Type.Optional(
      Type.Number({ minimum: 0, maximum: 5, ...shown("temperature", "how freely the next token is chosen; 0 always takes the likeliest") }),
    ),
    topP: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1, ...shown("topP", "choose among the likeliest tokens that together have this probability; 1 turns it off") }),
    ),
    topK: Type.Optional(Type.Integer({ minimum: 0, ...shown("topK", "choose among this many of the likeliest tokens; 0 turns it off") })),
    minP: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, ...shown("minP", "drop tokens less likely than this share of the likeliest one; 0 turns it off") }),
    ),
    repeatPenalty: Type.Optional(
      Type.Number({ minimum: 0, ...shown("repeatPenalty", "above 1, tokens that were just used become less likely; 1 turns it off") }),
    ),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 4_294_967_295, ...shown("seed", "the same seed, settings and messages give the same reply; without one each reply is drawn anew") }),
    ),
    maxTokens: Type.Optional(
      Type.Integer({ minimum: 1, ...shown("maxTokens", "longest reply in tokens; without it a reply may fill what is left of the context") }),
    ),
    stop: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { maxItems: 16, ...shown("stop", "texts that end the reply where they would appear; they are not part of it") }),
    ),
  };
};

const overflow = (applies: { readonly applies?: "live"; readonly default?: string }) =>
  Type.Optional(
    Type.Union([Type.Literal("trim"), Type.Literal("refuse")], {
      ...applies,
      description: "what becomes of a conversation that is longer than the context: 'trim' leaves out its oldest turns, and says how many messages those were; 'refuse' answers with an error",
    }),
  );

/** The fields of one request; what it leaves out is taken from the server's settings. */
export const Sampling = { ...samplingFields({}, {}), overflow: overflow({}) };

const tools = (applies: { readonly applies?: "live" }) =>
  Type.Optional(
    Type.Array(Type.String(), {
      maxItems: 64,
      ...applies,
      description: "other tools that the model may use: 'vector' gives it those commands that declare that they change nothing, 'vector.add' that command, whatever it does",
    }),
  );

/** The fields of one request that let the model use other tools. */
export const ToolUse = {
  tools: tools({}),
  maxCalls: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: USUAL_CALLS, description: "how often the model may use a tool before it has to answer" })),
};

/** A JSON Schema as a client sends it; what is wrong with it is found out by the server. */
const JsonSchema = (description: string) => Type.Object({}, { additionalProperties: true, description });

/** The fields of one request that say what form its answer may have. */
export const AnswerForm = {
  schema: Type.Optional(JsonSchema("a JSON Schema: the answer is JSON that fits it, and nothing else")),
  functions: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$", description: "its name" }),
        description: Type.Optional(Type.String({ description: "what it is for, as the model is told it" })),
        parameters: Type.Optional(JsonSchema("its arguments, as a JSON Schema of an object")),
      }),
      { maxItems: 128, description: "functions of your own that the model may call instead of answering: the answer then ends with `reason: calls` and has them in `function_calls`; send what came of each as a message of the role `tool`" },
    ),
  ),
};

/** `settings:` of a `server: chat` in tools.yaml. */
export const ChatSettings = Type.Object(
  {
    backend: Type.Optional(
      Type.Union([Type.Literal("local"), Type.Literal("openai")], {
        default: chatDefaults.backend,
        description: "where answers are made: 'local' by llama.cpp on this machine, 'openai' by the endpoint at `url`: OpenAI's, or any that speaks like it, as Ollama, vLLM, llama.cpp's server",
      }),
    ),
    url: Type.Optional(
      Type.String({ pattern: "^https?://", description: "with `backend: openai`, the address that has /chat/completions below it, as https://api.openai.com/v1 or http://localhost:11434/v1" }),
    ),
    apiKey: Type.Optional(Type.String({ minLength: 1, description: "with `backend: openai`, sent as a bearer token; write ${NAME} to take it from the environment" })),
    extra: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: "with `backend: openai`, further fields of each request, as they are: {reasoning_effort: low}, {chat_template_kwargs: {enable_thinking: false}}" }),
    ),
    silenceTimeout: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 86_400,
        default: chatDefaults.silenceTimeout,
        description: "with `backend: openai`, how many seconds the endpoint may say nothing before an answer begins, and within it; a long prompt on a slow machine takes minutes",
      }),
    ),
    model: Type.Optional(
      Type.String({
        minLength: 1,
        default: chatDefaults.model,
        file: NOT_A_FILE,
        description: "'builtin', the path of a .gguf file, its https: address, or hf:user/repo:quant or hf:user/repo/file.gguf from Hugging Face; with `backend: openai` what the endpoint calls its model",
      }),
    ),
    system: Type.Optional(Type.String({ ...live, description: "the system prompt of conversations that bring none" })),
    contextSize: Type.Optional(
      Type.Integer({ minimum: 256, description: "tokens that one conversation may have, reply included; the smaller of 8192 and what the model was trained for unless set" }),
    ),
    parallel: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 64, default: chatDefaults.parallel, description: "how many replies are generated side by side; each has a context of its own" }),
    ),
    parked: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        default: chatDefaults.parked,
        description: "megabytes of files, in the cache folder, for conversations that have lost their context to others: one that goes on is read back instead of evaluated again; 0 keeps none",
      }),
    ),
    maxQueue: Type.Optional(
      Type.Integer({ minimum: 0, ...live, default: chatDefaults.maxQueue, description: "how many more requests may wait for their turn; past that they are refused as busy" }),
    ),
    threads: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Integer({ minimum: 1, maximum: 512 })], {
        default: chatDefaults.threads,
        description: "processor threads for the model; 'auto' measures at load and remembers what was fastest",
      }),
    ),
    gpu: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Literal(false), Type.Literal("cuda"), Type.Literal("vulkan"), Type.Literal("metal")], {
        default: chatDefaults.gpu,
        description: "the GPU interface to use; 'auto' takes what is there, false none",
      }),
    ),
    gpuLayers: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Literal("max"), Type.Integer({ minimum: 0 })], {
        default: chatDefaults.gpuLayers,
        description: "how many layers of the model are kept on the GPU; 'auto' as many as fit",
      }),
    ),
    ...samplingFields(chatDefaults, live),
    overflow: overflow({ ...live, default: chatDefaults.overflow }),
    tools: tools(live),
    callTimeout: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 3600, ...live, default: chatDefaults.callTimeout, description: "how many seconds a tool that the model uses may take to answer" }),
    ),
  },
  { additionalProperties: false, description: "settings of a chat server" },
);
export type ChatSettings = Static<typeof ChatSettings>;
