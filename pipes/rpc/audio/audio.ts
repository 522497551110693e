/** Sound on its way to one client, as the answer to one of its requests. See docs/protocol.md, Sound. */
export interface AudioSender {
  /** Sends samples in the format that was announced; resolves when the client has room for more. Once the request has ended it does nothing. */
  write(pcm: Buffer): Promise<void>;
  /** Says that there is no more. To be called once, before the request's final answer. */
  end(): void;
}

/** Sound that a client sends for one of its requests, in the order sent: ends where the client says so, and throws what ended the request otherwise. */
export type AudioReceiver = AsyncIterable<Buffer>;
