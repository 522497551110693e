import type { WriterLimits } from "../transport/writer.ts";
import type { Log } from "./log.ts";

export interface ServerOptions {
  /** The tool's name; $PIPE_TOOLS_TOOL, which the daemon sets, goes before it. */
  name?: string;
  description?: string;
  /** Settings in force, as `get_config` tells them; $PIPE_TOOLS_SETTINGS by default. */
  config?: Record<string, unknown>;
  /** The folder of the FIFOs; $PIPE_TOOLS_PIPES, then /tmp, by default. */
  folder?: string;
  /** The state it starts in; `idle` by default. */
  state?: string;
  log?: Log;
  limits?: Partial<WriterLimits>;
  /** Longest message in bytes; 64 MiB by default. */
  maxLine?: number;
  /** Requests of one client that may be under way at once; 1024 by default. */
  maxCalls?: number;
  /** It has a use for `call.receiveAudio()` of clients without a lane, so it has a data FIFO for them all; false by default. */
  takesAudio?: boolean;
  /** The upstream FIFO is held by the daemon and stays when this server stops. */
  supervised?: boolean;
  /** The file in which to write down what is read and not answered; $PIPE_TOOLS_LEDGER, which the daemon sets, by default. */
  ledger?: string;
}
