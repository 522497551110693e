import type { HealthReport } from "../../pipes/protocol/interfaces/worker.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";

type Answered = (report: HealthReport | null) => void;

/** The question to a worker how it does: with which command it is asked, and which of its words are the answer. */
export class Inquiry {
  #answered: Answered | null = null;
  /** It has said that it knows no `health`. */
  #ignorant = false;

  /** Gives the command to send. `knows` says that `health` is the one of the interface `worker`. */
  begin(answered: Answered, knows: boolean): "health" | "ping" {
    this.#answered = answered;
    return knows && !this.#ignorant ? "health" : "ping";
  }

  /** It has answered; with null when that is all there is to know. */
  settle(report: HealthReport | null): void {
    const answered = this.#answered;
    this.#answered = null;
    answered?.(report);
  }

  /** Another process is not asked what this one was. */
  forget(): void {
    this.#answered = null;
    this.#ignorant = false;
  }

  /** Takes what comes from the worker; true for the answer, which is nothing else. Of one that numbers nothing any word is a sign of life. */
  hear(event: ToolEvent, numbers: boolean): boolean {
    if (event.req_id === "health") {
      this.#ignorant ||= event.event === "error";
      this.settle(isReport(event) ? event : null);
      return true;
    }
    const pong = event.req_id === "ping" || event.event === "pong" || (event.event === "reply" && event["text"] === "pong");
    if (this.#answered !== null && (pong || !numbers)) this.settle(null);
    return pong;
  }
}

function isReport(event: ToolEvent): event is ToolEvent & HealthReport {
  return typeof event["calls"] === "number" && typeof event["silent"] === "number";
}
