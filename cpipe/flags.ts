/** One of cpipe's own flags. A tool's arguments are flags too; those come from its interface. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What the value is called in the help; a flag without one takes none, one with `=` before it only as `--flag=value`. */
  readonly value?: string;
  readonly description: string;
}

/** Flags of `cpipe TOOL CMD`. */
export const callFlags: readonly Flag[] = [
  { name: "data", short: "d", value: "TEXT|JSON", description: "a JSON object's fields become arguments; other text the command's text argument; @FILE, - (standard input)" },
  { name: "json", short: "j", value: "[OBJECT]", description: "the answer as JSON, as -o json; with an object: arguments, beside whatever else is given" },
  { name: "output", short: "o", value: "text|json|jsonl|FILE", description: "text as it comes (default), the final event as one object, every event as a line; sound into a file (.wav, else bare samples), - is standard output" },
  { name: "speak", value: "[=TOOL]", description: "speak the answer while it comes, through the tool tts or another" },
  { name: "timeout", value: "SECONDS|30s", description: "longest silence: to the first sign of life, then between two; 0 waits for ever (default 30s)" },
  { name: "no-wait", short: "n", description: "send, and do not wait for the answer" },
  { name: "no-subscribe", description: "send over the shared pipe without a session; no answer comes" },
  { name: "verbose", short: "v", description: "every event on standard error" },
  { name: "help", short: "h", description: "help; after a tool or a command, from its interface" },
  { name: "version", short: "V", description: "the version" },
];

/** Flags of a call that asks a model: `ask` and `chat` of a tool that has a `chat` with `messages`. Elsewhere a tool's own arguments may have these names. */
export const askFlags: readonly Flag[] = [
  { name: "continue", short: "c", description: "go on with this terminal's last conversation, or begin one" },
  { name: "conversation", value: "NAME", description: "go on with the conversation of this name, or begin it" },
  { name: "file", short: "f", value: "FILE", description: "a text file that the prompt is about; may be repeated" },
  { name: "system", short: "s", value: "TEXT|@FILE", description: "what the model is to be; a conversation keeps it" },
  { name: "template", short: "t", value: "NAME|FILE", description: "a template of yours that makes the prompt; {{input}} is where the text goes" },
  { name: "param", value: "NAME=VALUE", description: "what {{NAME}} is in the template; may be repeated" },
  { name: "schema", value: "FILE|JSON", description: "a JSON Schema: the answer is JSON that fits it, as it comes" },
  { name: "extract", short: "x", description: "only the last code block of the answer, without its fence" },
  { name: "raw", description: "Markdown as it comes on a terminal, too" },
];

/** What cpipe does instead of calling a tool. */
export const modeFlags: readonly Flag[] = [
  { name: "list", short: "l", value: "[DIR]", description: "the tools and how they are; --json for programs" },
  { name: "top", description: "all tools and what they do, on the whole terminal: logs, start and stop, a form for each command; the same as cpipe alone" },
  { name: "pid", value: "[DIR]", description: "the same, with the processes that have each pipe open" },
  { name: "logs", value: "[NAME …]", description: "the tools' logs and the daemon's, whether or not it runs; -f goes on as they come, --since 10m, --level warn, --lines N, --json" },
  { name: "completions", value: "bash|zsh|fish", description: "print the completions for that shell" },
  { name: "clear", value: "[DIR]", description: "delete pipes of tools that nobody has open" },
  { name: "serve", value: "NAME|FILE", description: "run one server in the foreground, without the daemon; further flags are its settings" },
  { name: "talk", description: "a conversation by voice: listen, answer, speak; --chat, --stt, --tts name other tools, --system says what the model is to be, --no-barge-in lets it finish" },
  { name: "conversations", value: "[NAME]", description: "the conversations that are kept, or what was said in one; --json, --raw, --delete NAME …" },
  { name: "templates", value: "[NAME]", description: "your templates for prompts, or the text of one; --json" },
  { name: "mcp", value: "[TOOL[.CMD] …]", description: "an MCP server over all tools or those named, for agents, on standard input and output; --print-config prints what to tell them" },
  { name: "install-skill", value: "[DIR]", description: "teach agents cpipe: copy its skill to ~/.claude/skills, or into a project; --force replaces a changed one" },
  { name: "view", value: "[SOCKET|-]", description: "a viewer that shows what is piped into its socket while it comes (Ollama's, OpenAI's or our streams, text): curl … | nc -U SOCKET; - shows standard input" },
  { name: "stdio", description: "serve an editor or another program: requests as lines of JSON on standard input, their events on standard output" },
  { name: "init", description: "put a commented tools.yaml into the config folder" },
  { name: "install-service", description: "run the daemon as a service of yours from login on (systemd, launchd); --force replaces another's file" },
  { name: "uninstall-service", description: "stop that service and remove it" },
  { name: "print-service", description: "print the service file for systemd (Linux) or launchd (macOS)" },
];

export type Output = "text" | "json" | "jsonl";
export const OUTPUTS: readonly Output[] = ["text", "json", "jsonl"];

/** What is said of a request to a model beside its arguments: `askFlags` as given. */
export interface Asking {
  continues: boolean;
  conversation: string | null;
  files: string[];
  system: string | null;
  template: string | null;
  params: Record<string, string>;
  schema: string | null;
  extract: boolean;
  raw: boolean;
}

/** Whether any of them was given. */
export function isAsking({ files, params, ...rest }: Asking): boolean {
  return files.length > 0 || Object.keys(params).length > 0 || Object.values(rest).some((value) => value !== null && value !== false);
}

/** cpipe's own flags as given. */
export interface Options {
  data: string | null;
  json: Record<string, unknown>;
  output: Output;
  /** Where sound goes; `-` is standard output. */
  file: string | null;
  /** The tool that speaks the answer. */
  speak: string | null;
  /** Milliseconds, Infinity for ever, null when not given. */
  timeout: number | null;
  noWait: boolean;
  noSubscribe: boolean;
  verbose: boolean;
  asking: Asking;
  help: boolean;
  version: boolean;
}

export function noOptions(): Options {
  const asking: Asking = { continues: false, conversation: null, files: [], system: null, template: null, params: {}, schema: null, extract: false, raw: false };
  return { data: null, json: {}, output: "text", file: null, speak: null, timeout: null, noWait: false, noSubscribe: false, verbose: false, asking, help: false, version: false };
}
