import type { Log } from "../../../../pipes/rpc/log.ts";

const nothing = (): void => undefined;
/** A log that nobody reads. */
export const nowhere: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
