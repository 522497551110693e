import { openCapture } from "../../audio/devices/capture.ts";
import { chooseDevice } from "../../audio/devices/choose.ts";
import { type Capture, DEFAULT_DEVICE, type DeviceEvents } from "../../audio/devices/device.ts";
import { listDevices } from "../../audio/devices/list.ts";
import { toldBy } from "../../engines/residence.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Args } from "../../pipes/protocol/interfaces/define.ts";
import { stt } from "../../pipes/protocol/interfaces/stt.ts";
import { appliesOf } from "../../pipes/protocol/settings/index.ts";
import { type SttSettings, sttDefaults } from "../../pipes/protocol/settings/stt.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import type { OwnLoad } from "../../pipes/rpc/worker.ts";
import type { ServerOptions } from "../../pipes/rpc/server-options.ts";
import { ToolServer } from "../../pipes/rpc/server.ts";
import { RATE } from "./engine/decoder.ts";
import type { ListenRequest, ListenResult } from "./engine/messages.ts";
import { broadcaster } from "./microphone/broadcast.ts";
import { hear } from "./microphone/hear.ts";
import { type Listener, Microphone } from "./microphone/microphone.ts";
import { type ListenCalls, Model } from "./model.ts";
import { transcribe } from "./transcript/transcribe.ts";

type A<C extends keyof (typeof stt)["commands"]> = Args<typeof stt, C>;

/**
 * The stt tool. What finds and understands speech runs in a process of its own, which the sound of files does not even pass through this one
 * to reach; so this one always answers.
 */
export class SttServer extends ToolServer {
  #settings: Readonly<Required<Omit<SttSettings, "language">> & Pick<SttSettings, "language">>;
  readonly #model: Model;
  readonly #microphone: Microphone;
  /** Recordings that are being transcribed. */
  readonly #underWay = new Set<Call>();
  /** Whose events everybody is told, from `start` to `pause`. */
  #everybody: Listener | null = null;
  #paused = false;
  #device: string;

  constructor(options: ServerOptions = {}) {
    super({ name: "stt", description: "Understand speech", state: "loading", takesAudio: true, ...options });
    this.#settings = { ...sttDefaults, ...this.settings };
    this.#device = this.#settings.device;
    this.#model = new Model(this.name, this.#settings, toldBy(this, { room: () => this.room(), settle: () => this.#settle() }));
    this.#microphone = new Microphone(
      {
        openCapture: (signal, events) => this.#openCapture(signal, events),
        listen: (request, waiter, calls) => this.#model.listen(request, waiter, calls),
        segments: () => this.#segments,
        log: this.log,
      },
      {
        changed: () => this.#settle(),
        // That somebody speaks is no secret, and who hears with `listen` wants to know it, too; what is said is told by `start` only.
        speechStart: () => this.broadcast({ event: "speech_start" }),
        speechEnd: () => this.broadcast({ event: "speech_end" }),
      },
    );
    this.implement(stt, {
      start: () => this.#start(),
      pause: () => this.#pause(),
      listen: (asked: A<"listen">, call: Call) => hear(asked, call, this.#microphone),
      transcribe: (asked: A<"transcribe">, call: Call) => transcribe(asked, call, this.#segments, (request, calls) => this.#transcribe(request, call, calls)),
      list_devices: async (_: A<"list_devices">, call: Call) => ({ event: "devices", devices: await listDevices("capture", call.signal) }),
      get_device: async (_: A<"get_device">, call: Call) => ({ event: "device", device: await this.#deviceName(this.#device, call.signal) }),
      set_device: async ({ device }: A<"set_device">, call: Call) => ({ event: "device", device: await this.#setDevice(device, call) }),
      get_model: async (_: A<"get_model">, call: Call) => ({ event: "model", model: await this.#model.loaded(call) }),
    });
  }

  /** Begins to bring the model, and to listen where the settings say so: two servers at once would hear everything twice. */
  prepare({ standby = process.env["PIPE_TOOLS_STANDBY"] === "1" } = {}): void {
    this.#model.prepare();
    if (!standby) this.onPromoted();
  }

  protected override onPromoted(): void {
    if (!this.#settings.listen || this.#everybody !== null) return;
    this.#everybody = broadcaster((event) => this.broadcast(event));
    void this.#microphone.keep(this.#everybody); // what fails is told by its events
  }

  /** How speech is found holds from the next recording on, and for the microphone at once. @throws ToolError `unsupported` */
  protected override onConfigure(settings: Readonly<Record<string, unknown>>): void {
    const next = { ...sttDefaults, ...(settings as SttSettings) };
    const changed = [...new Set([...Object.keys(this.#settings), ...Object.keys(next)] as (keyof SttSettings)[])].filter((key) => this.#settings[key] !== next[key]);
    const fixed = changed.filter((key) => appliesOf("stt", key) !== "live");
    if (fixed.length > 0) throw new ToolError("unsupported", { tool: this.name, what: `take another ${fixed.join(", ")} while it runs`, hint: "Restart it" });
    this.#settings = next;
    this.#model.configure(next);
    if (changed.includes("device")) {
      this.#device = next.device;
      void this.#microphone.reopen();
    } else if (changed.some((key) => key === "silence" || key === "preRoll" || key === "longest")) this.#microphone.cut();
  }

  protected override onHealth(): OwnLoad {
    return this.#model.load;
  }

  /** @throws ToolError `busy` while it listens */
  protected override async onRelease(): Promise<void> {
    if (this.#microphone.on) throw new ToolError("busy", { tool: this.name, queued: 1 });
    await this.#model.release();
  }

  protected override async onClose(): Promise<void> {
    await Promise.all([this.#microphone.close(), this.#model.close()]);
  }

  async #start(): Promise<object> {
    this.#paused = false;
    if (this.#everybody === null) {
      const everybody = (this.#everybody = broadcaster((event) => this.broadcast(event)));
      try {
        await this.#microphone.join(everybody);
      } catch (error) {
        if (this.#everybody === everybody) this.#everybody = null;
        throw error;
      }
    }
    return { event: "started" };
  }

  async #pause(): Promise<object> {
    const everybody = this.#everybody;
    this.#everybody = null;
    this.#paused = true;
    if (everybody !== null) await this.#microphone.leave(everybody);
    this.#settle();
    return { event: "paused" };
  }

  async #transcribe(request: ListenRequest, call: Call, calls: ListenCalls): Promise<ListenResult> {
    const onBegin = (): void => {
      this.#underWay.add(call);
      this.#settle();
    };
    try {
      return await this.#model.listen(request, call, { ...calls, onBegin });
    } finally {
      this.#underWay.delete(call);
      this.#settle();
    }
  }

  async #openCapture(signal: AbortSignal, events: DeviceEvents): Promise<Capture> {
    const device = this.#device === DEFAULT_DEVICE ? DEFAULT_DEVICE : await this.#deviceName(this.#device, signal);
    return openCapture({ device, rate: RATE, signal, events });
  }

  async #deviceName(wanted: string | number, signal: AbortSignal): Promise<string> {
    return chooseDevice(await listDevices("capture", signal), wanted).name;
  }

  /** Until the server ends, or its settings name another. */
  async #setDevice(wanted: string | number, call: Call): Promise<string> {
    const name = await this.#deviceName(wanted, call.signal);
    this.#device = wanted === DEFAULT_DEVICE ? DEFAULT_DEVICE : name;
    await this.#microphone.reopen();
    return name;
  }

  get #segments(): Pick<ListenRequest, "silence" | "preRoll" | "longest"> {
    const { silence, preRoll, longest } = this.#settings;
    return { silence, preRoll, longest };
  }

  /** The state that holds now; a model that is being brought, was released or is broken says so itself. */
  #settle(): void {
    const { trouble, on, hearing } = this.#microphone;
    const { phase } = this.#model;
    if (phase !== "ready" && phase !== "down") return;
    if (phase === "down" && on) this.setState("loading", { reason: trouble });
    else if (this.#underWay.size > 0 || hearing) this.setState("transcribing", { reason: trouble });
    else if (on) this.setState("listening", { reason: trouble });
    else this.setState(this.#paused ? "paused" : "ready");
  }
}
