import { ToolError } from "../../pipes/protocol/errors.ts";
import { type OpenPlayback, Player, type PlayerEvents } from "./player.ts";
import { type Piece, sound } from "./sound.ts";
import type { Speech } from "./speech.ts";
import type { Turn } from "./turn.ts";

export interface FloorEvents extends PlayerEvents {
  /** Somebody has come, or the last one has gone. */
  busy(busy: boolean): void;
  /** It goes on. */
  alive(): void;
}

/** So much before the last sample is heard the loudspeaker is let go of, in seconds: what comes later comes after a pause. */
const TAIL = 0.08;
const QUIET = Symbol("nothing to be heard");

/**
 * One speaks at a time over the loudspeaker. Who has the floor keeps it until all of his sentences have been heard and no more come;
 * the others wait, in the order they came.
 */
export class Floor {
  readonly #speech: Pick<Speech, "speaker">;
  readonly #open: OpenPlayback;
  readonly #events: FloorEvents;
  #waiting: Turn[] = [];
  #current: Turn | null = null;
  #player: Player | null = null;
  #running = false;
  #sounds = false;

  constructor(speech: Pick<Speech, "speaker">, open: OpenPlayback, events: FloorEvents) {
    this.#speech = speech;
    this.#open = open;
    this.#events = {
      ...events,
      started: () => {
        this.#sounds = true;
        events.started();
      },
      ended: () => {
        this.#sounds = false;
        events.ended();
      },
    };
  }

  /** Whether sound is being played. */
  get sounds(): boolean {
    return this.#sounds;
  }

  get busy(): boolean {
    return this.#running;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Everybody who has the floor or waits for it, or one client's turns. */
  turns(owner?: object): Turn[] {
    const all = [...(this.#current === null ? [] : [this.#current]), ...this.#waiting];
    return owner === undefined ? all : all.filter((turn) => turn.owner === owner);
  }

  take(turn: Turn): void {
    this.#waiting.push(turn);
    turn.signal.addEventListener("abort", () => this.#leave(turn), { once: true });
    if (!this.#running) void this.#run();
    else this.#tell(this.#waiting.length - 1);
  }

  /** Resolves when they are silent, with how many sentences were not heard to their end. */
  async stop(turns: readonly Turn[], error: ToolError): Promise<number> {
    // What has been written whole may still be heard.
    const last = this.#current !== null && turns.includes(this.#current) && this.#current.unspoken === 0 && (this.#player?.left ?? 0) > 0 ? 1 : 0;
    const count = turns.reduce((sum, turn) => sum + turn.unspoken, last);
    for (const turn of turns) turn.stop(error);
    await Promise.allSettled(turns.map((turn) => turn.ended));
    return count;
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#events.busy(true);
    for (let turn = this.#waiting.shift(); turn !== undefined; turn = this.#waiting.shift()) {
      this.#current = turn;
      this.#tell(0);
      await this.#speak(turn);
    }
    this.#current = null;
    this.#running = false;
    this.#events.busy(false);
  }

  async #speak(turn: Turn): Promise<void> {
    const player = new Player(this.#open, this.#events);
    const pieces = sound(turn.sentences, this.#speech, turn);
    this.#player = player;
    let [seconds, first, rate]: [number, number | null, number | null] = [0, null, null];
    try {
      for (let next = pieces.next(); ; ) {
        const quiet = untilQuiet(player, turn);
        const got = await Promise.race([next, turn.stopped, quiet.reached]).finally(quiet.forget);
        this.#events.alive();
        if (got === QUIET) {
          await Promise.race([player.finish(), turn.stopped]);
          if (turn.hooks.holds?.() !== true) turn.sentences.close();
          continue;
        }
        if (got.done === true) break;
        if ("pcm" in got.value) {
          const { value } = got;
          seconds += value.pcm.length / 2 / value.rate;
          rate ??= value.rate;
          turn.hooks.onPcm?.(value.pcm, value.rate);
          const room = player.write(value.pcm, value.rate, turn.signal);
          first ??= performance.now();
          await Promise.race([room, turn.stopped]);
        } else this.#dealtWith(turn, got.value);
        next = pieces.next();
      }
      await Promise.race([player.finish(), turn.stopped]);
      turn.finish({ seconds, rate, first });
    } catch (error) {
      turn.unheard = turn.unspoken;
      turn.sentences.drop();
      await player.stop().catch(() => undefined); // it has failed already, and that is told
      turn.fail(error);
    }
    this.#player = null;
    void pieces.return().catch(() => undefined);
  }

  #dealtWith(turn: Turn, { ended, error }: Extract<Piece, { ended: unknown }>): void {
    turn.spoken++;
    // A client that waits for the end of something long hears that it is still alive.
    turn.progress("speaking", turn.spoken, null);
    if (error !== undefined && turn.hooks.onSentence === undefined) throw error;
    turn.hooks.onSentence?.(ended, error);
  }

  /** One that waits goes; the one that speaks notices by itself. */
  #leave(turn: Turn): void {
    const index = this.#waiting.indexOf(turn);
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    turn.fail(turn.signal.reason);
    this.#tell(index);
  }

  #tell(from: number): void {
    for (const [index, turn] of this.#waiting.entries()) if (index >= from) turn.queued(index + 1, "somebody else speaks");
  }
}

/** Resolves when what was written has been heard, about, and when nothing was and nothing is being made; it may never do. */
function untilQuiet(player: Player, turn: Turn): { readonly reached: Promise<typeof QUIET>; readonly forget: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const reached = new Promise<typeof QUIET>((resolve) => {
    const look = (): void => {
      const { left } = player;
      if (left === null) return void (turn.sentences.idle && turn.hooks.holds?.() !== true && resolve(QUIET));
      if (left <= TAIL) return resolve(QUIET);
      timer = setTimeout(look, (left - TAIL) * 1000);
    };
    look();
  });
  return { reached, forget: () => clearTimeout(timer) };
}
