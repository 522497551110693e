import { errorOf } from "../../pipes/client/wire.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";

/** The daemon's own requests to one worker that wait for their answer. Each has a `req_id` of its own. */
export class Requests {
  readonly #tool: string;
  readonly #waiting = new Map<string, (event: ToolEvent | null) => void>();
  #next = 1;

  constructor(tool: string) {
    this.#tool = tool;
  }

  /**
   * Resolves with the answer, whatever event that is. `send` is given the `req_id` to send it with. @throws ToolError what the worker says;
   * `interrupted` when `end` comes before the answer; `timeout` after `limitMs`, for ever by default
   */
  ask(cmd: string, send: (id: string) => void, limitMs = Infinity): Promise<ToolEvent> {
    const id = `${cmd} ${this.#next++}`;
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#waiting.delete(id);
        reject(new ToolError("timeout", { tool: this.#tool, what: `answer to ${cmd}`, seconds: limitMs / 1000 }));
      };
      const timer = limitMs === Infinity ? undefined : setTimeout(late, limitMs);
      this.#waiting.set(id, (event) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (event === null) reject(new ToolError("interrupted", { tool: this.#tool }));
        else if (event.event === "error") reject(errorOf(event));
        else resolve(event);
      });
      send(id);
    });
  }

  /** Whether the event is an answer that is waited for. */
  take(event: ToolEvent): boolean {
    const answer = typeof event.req_id === "string" ? this.#waiting.get(event.req_id) : undefined;
    answer?.(event);
    return answer !== undefined;
  }

  /** There will be no more answers. */
  end(): void {
    for (const answer of this.#waiting.values()) answer(null);
  }
}
