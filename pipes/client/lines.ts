/** The cutting of bytes into lines that a connection does, for whoever speaks lines with somebody else as well. */
export { LineDecoder } from "../transport/frames.ts";
