/**
 * What the built-in stand-in can say. `forever` never ends; `thought` is said first, as a reasoning model would; where functions are offered,
 * a topic that `calls` calls one instead of its reply.
 */
export interface Topic {
  readonly name: string;
  readonly keywords: readonly string[];
  readonly reply: string;
  readonly forever?: boolean;
  readonly thought?: string;
  readonly calls?: boolean;
}

/** Said first in every reply, so that nobody takes the stand-in for a model. */
export const introduction = "I am the small built-in stand-in of pipe-tools, not a language model.";

export const unknown: Topic = {
  name: "unknown",
  keywords: [],
  reply: " I know a few words only, and none of yours was among them. Ask me for help, or set a real model in tools.yaml.",
};

/** Its keyword is the end of a function's result. It cannot copy: there is no more to a reply than one fixed chain. */
export const found: Topic = {
  name: "found",
  keywords: [],
  reply: " Yet I have asked that tool for you, and its answer has come into my context, as with any model. Only a real one could go on from there in words of its own; mine are fixed.",
};

export const topics: readonly Topic[] = [
  {
    name: "hello",
    keywords: ["hello", "hi", "hey", "greetings"],
    reply: " Hello! Your words went in through one named pipe and these came back through another, token by token.",
  },
  {
    name: "who",
    keywords: ["who", "real", "yourself"],
    reply:
      " My weights were constructed by a short program instead of being trained: one layer, no knowledge, every answer fixed in advance. llama.cpp runs me as it would run any other GGUF file.",
  },
  {
    name: "help",
    keywords: ["help", "how", "model", "models", "settings", "gguf", "install"],
    calls: true,
    reply:
      " To get real answers, open tools.yaml and change the line `model: builtin` of the chat tool to the path of a GGUF file, or to hf:user/repo:quant, which will be downloaded. The daemon notices as soon as you save.",
  },
  {
    name: "search",
    keywords: ["search", "find", "look", "where", "docs", "documentation"],
    calls: true,
    reply: " Searching takes another tool: name one with --tools, and even I call it.",
  },
  {
    name: "weather",
    keywords: ["weather", "rain", "sunny", "forecast", "temperature"],
    reply: " Weather is beyond me: I have no window and no network. Look outside, and take an umbrella if in doubt.",
  },
  { name: "name", keywords: ["name", "called"], reply: " People call me builtin, because that is what stands behind `model:` in the settings." },
  {
    name: "pipe",
    keywords: ["pipe", "pipes", "fifo", "fifos", "cpipe", "daemon"],
    reply: " A named pipe is a file that one program writes while another reads; this conversation used two, below /tmp, and opened no port.",
  },
  {
    name: "emoji",
    keywords: ["emoji", "unicode", "llama"],
    reply: " Here is a llama: 🦙, an umlaut: ü, an arrow: → and the character for day: 日. Each arrives byte by byte.",
  },
  {
    name: "forever",
    keywords: ["forever", "count", "endless", "numbers"],
    reply: " I shall count until somebody stops me:",
    forever: true,
  },
  {
    name: "think",
    keywords: ["think", "reason", "why"],
    thought: "The word asks for reasoning, and I have none; so I say that.",
    reply: " I only pretend to reason: what you saw as a thought was fixed beforehand like everything else.",
  },
  { name: "thanks", keywords: ["thanks", "thank", "bye", "goodbye"], reply: " You are welcome. I stay loaded, so come back whenever you like." },
  { name: "time", keywords: ["time", "date", "today", "clock"], reply: " There is no clock inside these weights, only numbers; try the command `date` instead." },
];

/** The circle that a topic marked `forever` ends in. */
export const circle: readonly string[] = [" one,", " two,", " three,", " four,", " five,", " six,", " seven,", " eight,", " nine,", " ten,"];
