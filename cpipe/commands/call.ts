import { askInterfaces } from "../../pipes/client/interfaces.ts";
import { type CallOptions, DEFAULT_TIMEOUT_MS } from "../../pipes/client/pending.ts";
import { ATOMIC_BYTES, lineOf, post } from "../../pipes/client/post.ts";
import { checkReady } from "../../pipes/client/readiness.ts";
import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { CommandShape, InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import { isFinal, type ToolEvent } from "../../pipes/protocol/messages.ts";
import { MAX_DURATION_MS } from "../../pipes/protocol/quantity.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import type { Task } from "../arguments.ts";
import { ask, type Asked } from "../asking/asked.ts";
import { composeArguments, needsInterface } from "../compose.ts";
import { isAsking, type Options } from "../flags.ts";
import { asksModel, commandIn, PLAIN_COMMANDS } from "../interfaces.ts";
import { ASK, CALL, GENERAL_HINT, usage } from "../options.ts";
import { type Output, say, writeError } from "../output.ts";
import { patienceWith, presenterFor } from "../present.ts";
import { rendererFor } from "../render.ts";
import type { Interruption } from "../signals.ts";
import { isBare, type SoundFile, soundFile } from "../sound/file.ts";
import { receiveSound } from "../sound/receive.ts";
import { sendSound } from "../sound/send.ts";
import { Speaker } from "../sound/speaker.ts";
import { StatusLine } from "../status.ts";
import { stdinKind } from "../stdin.ts";
import { styleFor } from "../style.ts";
import { connect, findTarget, type Target } from "../target.ts";
import { caveatOf, useOf } from "../use.ts";
import { forModels, sortWords } from "../words.ts";

/** How long the server is given to take the last words of a session: at the end, and after Ctrl-C. */
const CLOSING_MS = { ended: 1_000, interrupted: 150 } as const;

/** `cpipe TOOL CMD [DATA]`: sends one command and prints its answer. @throws ToolError whatever keeps the answer from coming */
export async function call(task: Extract<Task, { kind: "call" }>, out: Output, interruption: Interruption): Promise<void> {
  if (/^(un)?subscribe$/i.test(task.cmd)) throw usage(`cpipe opens and closes its session itself; ${task.cmd} is not for the command line`);
  const target = findTarget(task.tool);
  checkReady(target);
  const caller = new Caller(target, task, interruption);
  try {
    const prepared = await caller.prepare();
    const { cmd, args, options } = prepared;
    if (options.noSubscribe || (options.noWait && Buffer.byteLength(lineOf(cmd, args)) <= ATOMIC_BYTES)) {
      await caller.close();
      return await post(target.name, cmd, args, { folder: target.folder, timeout: caller.timeout });
    }
    await caller.run(prepared, out);
  } finally {
    await caller.close();
  }
}

/** For a command whose standard input is not its text. */
const NO_STDIN = { kind: "other", optional: true, timeout: 0, note: say } as const;

/** What ends a tool, in either dialect. */
const STOPS: ReadonlySet<string> = new Set(["stop", "exit"]);
type CallTask = Extract<Task, { kind: "call" }>;
interface Prepared {
  readonly cmd: string;
  readonly args: Record<string, unknown>;
  readonly options: Options;
  readonly command: CommandShape | null;
  /** Standard input is a recording that goes with the request. */
  readonly recording: boolean;
  /** The request is for a model; null for any other. */
  readonly asked: Asked | null;
}

class Caller {
  readonly #target: Target;
  readonly #task: CallTask;
  readonly #interruption: Interruption;
  #client: ToolClient | null = null;
  #options: Options;
  /** The tool's interfaces, as far as they were needed. */
  #known: readonly InterfaceShape[] = [];

  constructor(target: Target, task: CallTask, interruption: Interruption) {
    this.#target = target;
    this.#task = task;
    this.#interruption = interruption;
    this.#options = sortWords(task.rest, null, task.options).options;
  }

  /** Longest silence in ms; setTimeout takes no more than that. */
  get timeout(): number {
    return Math.min(this.#options.timeout ?? DEFAULT_TIMEOUT_MS, MAX_DURATION_MS);
  }

  /** @throws ToolError `usage`, which points to the command's own help, where its arguments are */
  async prepare(): Promise<Prepared> {
    try {
      return await this.#read();
    } catch (thrown) {
      const error = ToolError.from(thrown, "handler-failed", { cmd: "cpipe" }); // a part of cpipe that is a bundle of its own has another class of it
      if (error.code !== "usage" || error.facts["hint"] !== GENERAL_HINT) throw error;
      throw new ToolError("usage", { ...error.facts, hint: `See: cpipe ${this.#task.tool} ${this.#task.cmd} --help` }, { cause: error });
    }
  }

  /** Reads the words again once it is known what they mean; the tool is asked only when they cannot be read without it. */
  async #read(): Promise<Prepared> {
    const { rest, options, cmd } = this.#task;
    const loose = sortWords(rest, null, options);
    const isBare = loose.data === null && loose.options.data === null && loose.flags.length === 0;
    const isPlain = isBare && PLAIN_COMMANDS.has(cmd.toLowerCase());
    const piped = isPlain ? "other" : stdinKind();
    this.#known = this.#target.entry?.interfaces ?? [];
    if (commandIn(this.#known, cmd) === null && !isPlain && (needsInterface(loose, piped) || loose.options.file !== null || isAsking(loose.options.asking))) {
      const client = await this.#connect();
      this.#known = await askInterfaces(client, { timeout: this.timeout, signal: this.#interruption.signal });
    }
    const command = commandIn(this.#known, cmd);
    // A handler whose arguments nobody has declared looks as if it had none; it is for the server to refuse what it gets.
    const args = command === null || command.args.length === 0 ? null : command.args;
    const asks = asksModel(this.#known, cmd);
    const words = sortWords(rest, args, options, asks ? ASK : CALL);
    if (!asks && isAsking(options.asking)) throw forModels();
    this.#options = words.options;
    const { file } = words.options;
    if (file !== null && command?.audio !== "reply") throw usage(`${cmd} is not answered with sound, which is all that -o puts into a file; expected -o text, json or jsonl`, `Redirect its answer: … > ${file === "-" ? "FILE" : file}`);
    const recording = command?.audio === "request" && (words.data === "-" || (words.data === null && words.options.data === null && words.flags.every(({ name }) => name !== "path") && (piped === "pipe" || piped === "file")));
    if (recording) return { args: await composeArguments(cmd, { ...words, data: null }, args, { ...NO_STDIN, signal: this.#interruption.signal }), cmd, options: words.options, command, recording, asked: null };
    const kind = args === null && this.#known.length > 0 ? "other" : piped;
    const source = { kind, optional: true, timeout: this.timeout, signal: this.#interruption.signal, note: say };
    const given = await composeArguments(cmd, words, args, source);
    const sent = file !== null && args?.some(({ name }) => name === "play") === true ? { ...given, play: false } : given;
    const asked = asks ? await ask({ tool: this.#target.name, cmd, args: sent }, words.options) : null;
    return { cmd, args: sent, ...asked?.request, options: words.options, command, recording, asked };
  }

  /** Prints the events of the answer as they come. With --no-wait only a failure is told. */
  async run({ cmd, args, options, command, recording, asked }: Prepared, out: Output): Promise<void> {
    const file = options.file === null ? null : soundFile(options.file, isBare(args["format"], options.file), out);
    const { signal } = this.#interruption;
    const status = new StatusLine();
    const renderer = (await asked?.renderer(out.tty)) ?? rendererFor(options.output, out.tty, presenterFor(this.#target.name, out.tty, styleFor(out.tty)));
    const print = (text: string): void => {
      if (options.noWait || text === "" || options.file === "-") return;
      status.clear();
      out.write(text);
    };
    const client = await this.#connect();
    if (options.verbose) {
      writeError(`> ${JSON.stringify({ cmd, ...args })}\n`);
      client.on("event", (event) => writeError(`< ${JSON.stringify(event)}\n`));
    }
    const timeout = options.timeout ?? patienceWith(this.#target.name, cmd) ?? DEFAULT_TIMEOUT_MS;
    const idempotent = command?.idempotent ?? PLAIN_COMMANDS.has(cmd.toLowerCase());
    const onInterim = (event: { event: string }): void => {
      print(renderer.interim(event));
      if (options.verbose) return;
      const use = useOf(event);
      if (use === null) return status.show(event);
      if (out.tty) print(renderer.broken());
      status.note(use);
    };
    const speaker = options.speak === null ? null : await this.#speaker(options.speak);
    try {
      for await (const event of this.#events(client, cmd, args, { signal, timeout, idempotent, onInterim }, file, recording)) {
        print(isFinal(event) ? renderer.final(event) : renderer.part(event));
        const caveat = caveatOf(event);
        if (caveat !== null) status.note(caveat);
        if (typeof event["text"] !== "string") continue;
        asked?.take(event["text"]);
        speaker?.say(event["text"]);
      }
      print(asked?.end() ?? "");
      await speaker?.heard(signal);
    } catch (thrown) {
      const error = this.#explain(ToolError.from(thrown));
      asked?.broke();
      // Upstream's servers tell of their end by a state that answers no request, or by ending.
      if (error.code === "interrupted" && STOPS.has(cmd.toLowerCase())) return print(renderer.final({ event: "state_changed", state: "stopping" }));
      print(signal.aborted ? renderer.broken() : renderer.failed(error));
      throw error;
    } finally {
      status.clear();
      if (signal.aborted) await speaker?.hush();
      await speaker?.close();
    }
  }

  /** The events of the answer; its sound, if any, goes where it is to go. */
  async *#events(client: ToolClient, cmd: string, args: Record<string, unknown>, options: CallOptions, file: SoundFile | null, recording: boolean): AsyncGenerator<ToolEvent> {
    if (recording) yield* sendSound(client, cmd, args, options, process.stdin);
    else if (file !== null) yield await receiveSound(client, cmd, args, options, file);
    else yield* client.stream(cmd, args, options);
  }

  /** @throws ToolError when the tool that is to speak cannot be reached */
  async #speaker(tool: string): Promise<Speaker> {
    const target = findTarget(tool);
    checkReady(target);
    const client = await connect(target, { timeout: this.timeout, signal: this.#interruption.signal });
    return new Speaker(client, (error) => say(`${tool}: ${error.message}`));
  }

  /** Ends the session; what is still under way is cancelled by that. Never waits long: the server may be the problem. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    const ms = this.#interruption.signal.aborted ? CLOSING_MS.interrupted : CLOSING_MS.ended;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([client.close(), new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
    clearTimeout(timer);
  }

  /** A command that is none: what was probably meant, where we know what there is. */
  #explain(error: ToolError): ToolError {
    if (error.code !== "unknown-command" || this.#known.length === 0) return error;
    const near = suggest(this.#task.cmd, this.#known.flatMap((shape) => shape.commands.map((command) => command.name)));
    return near === null ? error : new ToolError("unknown-command", { cmd: this.#task.cmd, hint: `Did you mean '${near}'?` }, { cause: error });
  }

  async #connect(): Promise<ToolClient> {
    this.#client ??= await connect(this.#target, { timeout: this.timeout, signal: this.#interruption.signal });
    return this.#client;
  }
}
