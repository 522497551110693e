import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

/** Answers `/api/chat` as Ollama does: a line for each token, as it comes. The last one waits for `finish`. */
export class OllamaLike implements AsyncDisposable {
  readonly #server: Server;
  readonly #finished: Promise<void>;
  finish: () => void = () => undefined;
  /** What was asked. */
  readonly asked: string[] = [];

  private constructor(tokens: readonly string[]) {
    this.#finished = new Promise((resolve) => (this.finish = resolve));
    this.#server = createServer((request, response) => {
      void (async () => {
        let body = "";
        for await (const chunk of request) body += String(chunk);
        this.asked.push(`${request.method} ${request.url} ${body}`);
        response.writeHead(200, { "content-type": "application/x-ndjson" });
        const line = (content: string, done: boolean): string => `${JSON.stringify({ model: "phi4:latest", created_at: "2025-02-15T04:15:47.51450141Z", message: { role: "assistant", content }, done })}\n`;
        for (const token of tokens) response.write(line(token, false));
        await this.#finished;
        response.end(line("", true));
      })();
    });
  }

  static async start(tokens: readonly string[]): Promise<OllamaLike> {
    const started = new OllamaLike(tokens);
    started.#server.listen(0, "127.0.0.1");
    await once(started.#server, "listening");
    return started;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.finish();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
