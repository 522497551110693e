import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Instance } from "./instance.ts";
import type { SuccessionEvent } from "./succession.ts";

/** What a worker that leaves the shared FIFO has for its successor: see the command `promote`. */
export interface Handover {
  readonly clients: ReadonlyArray<{ readonly pid: number; readonly dialect: string; readonly wants: readonly string[] }>;
  readonly rest?: string;
}

const NOTHING: Handover = { clients: [] };

/** The handing over of a tool's pipe from one worker to the next, as far as the workers have to be asked. Reports what they answer. */
export class Handing {
  readonly #report: (event: SuccessionEvent) => void;
  #handover: Handover = NOTHING;
  #retiring: Promise<void> = Promise.resolve();
  /** Counts what was asked, so that no late answer is taken for that of now. */
  #turn = 0;

  constructor(report: (event: SuccessionEvent) => void) {
    this.#report = report;
  }

  /** Asks a worker to leave the pipe. */
  retire({ connector }: Instance): void {
    const report = this.#inTurn();
    this.#handover = NOTHING;
    this.#retiring = connector.retire().then(
      (handover) => {
        this.#handover = handover;
        report({ type: "retired" });
      },
      (error: unknown) => report({ type: "retireFailed", what: ToolError.from(error).message }),
    );
  }

  /** Asks the next one to take it. What a worker would have told that has ended meanwhile is in its ledger. */
  promote(before: Instance, next: Instance): void {
    const report = this.#inTurn();
    if (before.worker.state.pid === null) this.#handover = before.connector.estate();
    next.connector.promote(this.#handover).then(
      () => report({ type: "promoted" }),
      (error: unknown) => report({ type: "promoteFailed", what: ToolError.from(error).message }),
    );
  }

  /** Has the one before take it back: where it cannot, it starts anew. */
  recall({ worker, connector }: Instance, evicted: boolean): void {
    this.#turn++;
    connector.keep(false);
    if (evicted) {
      if (worker.state.pid === null) connector.takeBack(this.#handover);
      return worker.start("its successor failed");
    }
    this.#retiring
      .then(() => connector.promote(this.#handover))
      .catch((error: unknown) => worker.restart(`it did not take its pipe back: ${ToolError.from(error).message}`));
  }

  #inTurn(): (event: SuccessionEvent) => void {
    const turn = ++this.#turn;
    return (event) => {
      if (turn === this.#turn) this.#report(event);
    };
  }
}
