import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import type { Introduction } from "./introduction.ts";
import type { PipeEvent } from "../worker/pipe.ts";

export interface Progress {
  readonly stage: string;
  readonly value: number;
  readonly total: number | null;
}

/** What a tool says of itself beside its state. */
export interface Told {
  interfaces(interfaces: InterfaceShape[]): void;
  progress(progress: Progress): void;
  description(description: string): void;
}

/** Takes what a worker says of itself, asked or not. */
export class Hearing {
  readonly #told: Told;
  readonly #introduction: Introduction;
  #stateKnown = false;

  constructor(told: Told, introduction: Introduction) {
    this.#told = told;
    this.#introduction = introduction;
  }

  /** Another process has said nothing yet. */
  forget(): void {
    this.#stateKnown = false;
    this.#introduction.forget();
  }

  take(event: ToolEvent, report: (event: PipeEvent) => void): void {
    switch (event.event) {
      case "state":
      case "state_changed":
        this.#stateKnown = true;
        return report({ type: "stateReported", state: String(event["state"]), reason: typeof event["reason"] === "string" ? event["reason"] : null });
      case "progress":
        return this.#told.progress({ stage: String(event["stage"]), value: Number(event["value"]), total: typeof event["total"] === "number" ? event["total"] : null });
      case "description":
        return this.#told.description(String(event["description"]));
      case "interfaces":
        return this.#introduction.named(event["interfaces"]);
      case "interface":
        return this.#introduction.described(event["interface"] as InterfaceShape);
      case "drained":
        return report({ type: "drained" });
      case "error":
      case "reply":
        return this.#understoodNot(event, report);
      default:
        return undefined;
    }
  }

  /** A tool of the older dialect knows no states and no `drain`, and may not say what it answers: that it does is all there is to know. */
  #understoodNot({ req_id }: ToolEvent, report: (event: PipeEvent) => void): void {
    if (req_id === "drain" || req_id === undefined) report({ type: "drained" });
    if (req_id === "get_state" || (req_id === undefined && !this.#stateKnown)) report({ type: "stateReported", state: "idle", reason: null });
  }
}
