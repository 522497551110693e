import { DEFAULT_DEVICE } from "../../audio/devices/device.ts";
import { toldBy } from "../../engines/residence.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Args } from "../../pipes/protocol/interfaces/define.ts";
import { tts } from "../../pipes/protocol/interfaces/tts.ts";
import { appliesOf } from "../../pipes/protocol/settings/index.ts";
import { type TtsSettings, ttsDefaults } from "../../pipes/protocol/settings/tts.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import type { OwnLoad } from "../../pipes/rpc/worker.ts";
import type { ServerOptions } from "../../pipes/rpc/server-options.ts";
import { ToolServer } from "../../pipes/rpc/server.ts";
import type { Session } from "../../pipes/rpc/session.ts";
import { Floor } from "./floor.ts";
import { Loudspeaker } from "./loudspeaker.ts";
import { noteVoices } from "./noted-voices.ts";
import { say } from "./say.ts";
import { Speech } from "./speech.ts";
import type { SpeechModel } from "./synthesizer.ts";
import { TextStream } from "./text-stream.ts";
import type { Turn } from "./turn.ts";

type A<C extends keyof (typeof tts)["commands"]> = Args<typeof tts, C>;

/**
 * The tts tool. Engines run in processes of their own, so this one always answers. The loudspeaker is open only while something sounds:
 * a standby, which is asked nothing, does not touch it.
 */
export class TtsServer extends ToolServer {
  #settings: Readonly<TtsSettings>;
  readonly #speech: Speech;
  readonly #floor: Floor;
  readonly #loudspeaker: Loudspeaker;
  /** By client; those who have not subscribed share one. */
  readonly #streams = new Map<Session | null, TextStream>();
  /** Requests to say something that are under way. */
  #saying = 0;
  /** Why the last `text` could not be spoken, until something is. */
  #reason: string | null = null;

  constructor(options: ServerOptions = {}) {
    super({ name: "tts", description: "Speak", state: "loading", ...options });
    this.#settings = { ...ttsDefaults, ...this.settings };
    this.#loudspeaker = new Loudspeaker(this.#settings.device ?? DEFAULT_DEVICE, this.log);
    const events = toldBy<SpeechModel>(this, { room: () => this.room(), settle: () => this.#settle() });
    const ready = (model: SpeechModel): void => {
      noteVoices(this.name, model.voices, this.log);
      events.ready(model);
    };
    this.#speech = new Speech(this.name, this.#settings, { ...events, log: events.log, ready });
    this.#floor = new Floor(this.#speech, (rate, signal) => this.#loudspeaker.open(rate, signal), {
      started: () => this.broadcast({ event: "speech_start" }),
      ended: () => this.broadcast({ event: "speech_end" }),
      busy: () => this.#settle(),
      alive: () => this.alive(),
    });
    this.implement(tts, {
      text: (request: A<"text">, call: Call) => this.#text(request, call),
      flush: ({ wait = false }: A<"flush">, call: Call) => this.#flush(wait, call.session),
      is_speaking: () => ({ speaking: this.#floor.sounds }),
      say: (request: A<"say">, call: Call) => this.#say(request, call),
      silence: ({ everyone = false }: A<"silence">, call: Call) => this.#silence(everyone ? null : { session: call.session }),
      voices: async ({ language }: A<"voices">, call: Call) => ({ voices: await this.#speech.voices(language, call) }),
      list_devices: async (_: A<"list_devices">, call: Call) => ({ devices: await this.#loudspeaker.list(call.signal) }),
      get_device: async (_: A<"get_device">, call: Call) => ({ device: await this.#loudspeaker.name(call.signal) }),
      set_device: async ({ device }: A<"set_device">, call: Call) => ({ device: await this.#loudspeaker.choose(device, call.signal) }),
      get_model: async (_: A<"get_model">, call: Call) => ({ model: await this.#speech.model(call) }),
    });
  }

  /** Begins to fetch and load the engine. */
  prepare(): void {
    this.#speech.prepare();
  }

  /** How it speaks holds from the next sentence on; what the engine was loaded by needs another process. @throws ToolError `unsupported` */
  protected override onConfigure(settings: Readonly<Record<string, unknown>>): void {
    const next: TtsSettings = { ...ttsDefaults, ...settings };
    const keys = new Set([...Object.keys(this.#settings), ...Object.keys(next)] as (keyof TtsSettings)[]);
    const fixed = [...keys].filter((key) => appliesOf("tts", key) !== "live" && this.#settings[key] !== next[key]);
    if (fixed.length > 0) throw new ToolError("unsupported", { tool: this.name, what: `take another ${fixed.join(", ")} while it runs`, hint: "Restart it" });
    if (next.device !== this.#settings.device) this.#loudspeaker.configure(next.device ?? DEFAULT_DEVICE);
    this.#settings = next;
    this.#speech.configure(next);
  }

  protected override onHealth(): OwnLoad {
    return this.#speech.load;
  }

  /** Text that was answered long ago may still be spoken. */
  protected override async onRelease(): Promise<void> {
    if (this.#floor.busy) throw new ToolError("busy", { tool: this.name, queued: this.#floor.length + 1 });
    await this.#speech.release();
  }

  protected override async onDrain(): Promise<void> {
    for (const stream of this.#streams.values()) stream.close();
    await Promise.allSettled(this.#floor.turns().map((turn) => turn.ended));
  }

  protected override onCancelled(session: Session): void {
    void this.#silence({ session });
  }

  protected override async onClose(): Promise<void> {
    for (const stream of this.#streams.values()) stream.drop();
    const lost = await this.#floor.stop(this.#floor.turns(), new ToolError("stopping", { tool: this.name }));
    if (lost > 0) this.log.warn({ sentences: lost }, "stopped while something was to be spoken");
    await this.#speech.close();
  }

  /** Answered at once: what becomes of it is told by events, and a failure by the state. */
  #text({ data, ...manner }: A<"text">, call: Call): void {
    this.#speech.check(data, manner);
    this.#streamOf(call.session).push(data, manner);
  }

  async #flush(wait: boolean, session: Session | null): Promise<void> {
    const stream = this.#streams.get(session);
    stream?.flush();
    if (wait) await stream?.heard();
  }

  async #say(request: A<"say">, call: Call): Promise<unknown> {
    const { path, play = path === undefined } = request;
    if (this.#saying > (this.#settings.maxQueue ?? ttsDefaults.maxQueue)) throw new ToolError("busy", { tool: this.name, queued: this.#saying - 1 });
    // What the same client has written before is said before.
    const owner = this.#streamOf(call.session);
    if (play) owner.close();
    this.#saying++;
    this.#settle();
    try {
      const said = await say(request, call, { speech: this.#speech, floor: this.#floor, owner });
      this.#reason = null;
      return said;
    } finally {
      this.#saying--;
      this.#settle();
    }
  }

  /** Of one client, or of everybody. */
  async #silence(of: { readonly session: Session | null } | null): Promise<unknown> {
    const streams = of === null ? [...this.#streams.values()] : [this.#streams.get(of.session)].filter((stream) => stream !== undefined);
    const begun = streams.filter((stream) => stream.drop()).length;
    const turns = of === null ? this.#floor.turns() : streams.flatMap((stream) => this.#floor.turns(stream));
    return { count: begun + (await this.#floor.stop(turns, new ToolError("cancelled", { reason: "it was told to be silent" }))) };
  }

  #streamOf(session: Session | null): TextStream {
    const known = this.#streams.get(session);
    if (known !== undefined) return known;
    const stream = new TextStream(this.name, {
      wants: (turn) => this.#speak(turn),
      spoken: () => void (this.#reason = null),
      failed: (sentence, error) => this.#unspoken(ToolError.from(error), 1, sentence.text),
      idleFlush: () => this.#settings.idleFlush ?? ttsDefaults.idleFlush,
    });
    this.#streams.set(session, stream);
    // Whoever pipes a text into the tool may leave before it has been spoken.
    session?.onClose(() => {
      stream.close();
      this.#streams.delete(session);
    });
    return stream;
  }

  #speak(turn: Turn): void {
    this.#floor.take(turn);
    turn.ended.then(
      () => undefined,
      (thrown: unknown) => {
        const error = ToolError.from(thrown);
        if (error.code !== "cancelled" && error.code !== "stopping") this.#unspoken(error, turn.unheard);
      },
    );
  }

  /** Nobody waits for an answer any more, so it is told by the log and the state. */
  #unspoken(error: ToolError, sentences: number, text?: string): void {
    if (error.code === "cancelled" || error.code === "stopping") return;
    this.log.error({ code: error.code, details: error.facts, sentences, ...(text === undefined ? {} : { text: text.slice(0, 80) }) }, `text was not spoken: ${error.message}`);
    this.#reason = `text was not spoken: ${error.message}`;
    this.#settle();
  }

  /** Idle when nothing is under way; a loading or broken engine says so itself. */
  #settle(): void {
    if (!this.#speech.ready) return;
    if (this.#saying > 0 || this.#floor.busy) this.setState("synthesizing");
    else this.setState("idle", { reason: this.#reason });
  }
}
