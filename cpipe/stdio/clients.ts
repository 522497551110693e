import { checkReady } from "../../pipes/client/readiness.ts";
import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { whileWanted } from "../../pipes/client/while-wanted.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { connect, findTarget, type Target } from "../target.ts";

const CONNECT_MS = 30_000;

/** One connection to each tool that was asked for, kept and renewed. */
export class Clients {
  readonly #clients = new Map<string, Promise<ToolClient>>();
  readonly #closing = new AbortController();

  /**
   * Where the tool is, and the connection to it. Aborting `signal` gives up waiting; others may want the connection.
   * @throws ToolError whatever keeps the tool from being reached
   */
  async to(tool: string, signal: AbortSignal): Promise<{ target: Target; client: ToolClient }> {
    const target = findTarget(tool);
    checkReady(target);
    const key = `${target.folder}/${target.name}`;
    const connecting = this.#clients.get(key) ?? this.#connect(key, target);
    return { target, client: await whileWanted(connecting, signal) };
  }

  async close(): Promise<void> {
    this.#closing.abort(new ToolError("cancelled"));
    await Promise.all([...this.#clients.values()].map((client) => client.then((open) => open.close(), () => undefined)));
  }

  #connect(key: string, target: Target): Promise<ToolClient> {
    const connecting = connect(target, { timeout: CONNECT_MS, signal: this.#closing.signal });
    this.#clients.set(key, connecting);
    // The next request begins anew, and is told the reason of then.
    const forget = (): void => void this.#clients.delete(key);
    connecting.then((client) => client.once("closed", () => (forget(), void client.close())), forget);
    return connecting;
  }
}
