import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DEFAULT_TIMEOUT_MS } from "../../pipes/client/pending.ts";
import { runningRegistry } from "../../pipes/client/readiness.ts";
import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import { SUPERVISOR } from "../../pipes/protocol/names.ts";
import { places } from "../../pipes/protocol/places.ts";
import { patienceWith } from "../present.ts";
import { connect, findTarget } from "../target.ts";
import { FolderWatch } from "../watch.ts";
import type { Message } from "./model.ts";

/** How often the daemon tells what the tools use, in seconds. */
const EVERY_S = 2;
/** A daemon that runs answers its pipe within this. */
const CONNECT_MS = 10_000;
/** Before one that did not is tried again. */
const AGAIN_MS = 1000;

/**
 * The session with the daemon, for as long as somebody looks: begun when a daemon comes, begun anew after each that goes. Whether one runs is told by
 * its registry, what its tools do by `watch`.
 */
export class Link {
  readonly #tell: (message: Message) => void;
  /** The session, as soon as it is there; null while none is in sight. */
  #client: Promise<ToolClient> | null = null;
  #wake: () => void = () => undefined;

  constructor(tell: (message: Message) => void) {
    this.#tell = tell;
  }

  /** Until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { registry: path } = places();
    const watch = new FolderWatch(dirname(path), (name) => name === basename(path), () => (this.#look(), this.#wake()), (error) => this.#tell({ type: "said", failed: true, text: `${dirname(path)} cannot be watched (${error.message}); a daemon that starts later is not noticed` }));
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    try {
      while (!signal.aborted) {
        const changed = new Promise<void>((resolve) => (this.#wake = resolve));
        if (this.#look()) await this.#attend(signal);
        else await changed;
      }
    } finally {
      watch.close();
    }
  }

  /** Asks the daemon something. @throws ToolError what it answers, `daemon-unreachable` */
  async ask(cmd: string, args: object): Promise<ToolEvent> {
    if (this.#client === null) throw new ToolError("daemon-unreachable");
    const client = await this.#client;
    return client.call(cmd, args, { timeout: patienceWith(SUPERVISOR, cmd) ?? DEFAULT_TIMEOUT_MS });
  }

  /** Whether a daemon runs. */
  #look(): boolean {
    const registry = runningRegistry();
    this.#tell({ type: "registry", registry });
    return registry !== null;
  }

  /** One session, from its beginning to its end. */
  async #attend(signal: AbortSignal): Promise<void> {
    let client: ToolClient | null = null;
    let reason: string | null = null;
    // One that is just being killed still counts as running, and the end of that changes no file.
    const gone = new AbortController();
    const again = setInterval(() => this.#look() || gone.abort(new ToolError("daemon-unreachable")), AGAIN_MS);
    try {
      this.#client = connect(findTarget(SUPERVISOR), { timeout: CONNECT_MS, signal: AbortSignal.any([signal, gone.signal]), unnamed: true });
      client = await this.#client;
      clearInterval(again);
      let isFirst = true;
      for await (const event of client.stream("watch", { every: EVERY_S }, { signal, timeout: Number.POSITIVE_INFINITY })) {
        // Now, not before: what was shown stays until there is something to show in its place.
        if (isFirst) this.#tell({ type: "attached" });
        isFirst = false;
        this.#tell({ type: "event", event });
      }
    } catch (thrown) {
      reason = ToolError.from(thrown).message;
    }
    clearInterval(again);
    this.#client = null;
    if (!signal.aborted) this.#tell({ type: "detached", reason });
    await client?.close();
    if (client === null) await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}
