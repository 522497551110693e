import type { AudioFormat } from "../pipes/protocol/audio.ts";

/**
 * How a WAV file begins: 44 bytes before so many bytes of PCM; null when nobody knows how many will come, as into a pipe. The sizes are all ones then,
 * as ffmpeg writes them, and what sox, ffmpeg and aplay read to the end.
 */
export function wavHeader({ rate, width, channels }: AudioFormat, bytes: number | null): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(bytes === null ? UNKNOWN : Math.min(bytes + 36, UNKNOWN), 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * width * channels, 28);
  header.writeUInt16LE(width * channels, 32);
  header.writeUInt16LE(width * 8, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(bytes === null ? UNKNOWN : Math.min(bytes, UNKNOWN), 40);
  return header;
}

/** What a size of 32 bits cannot say, too: such a file is longer than it says. */
const UNKNOWN = 0xff_ff_ff_ff;
