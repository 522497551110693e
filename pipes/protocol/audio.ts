import { type Static, Type } from "typebox";

/**
 * How samples are written: signed 16-bit little-endian, the channels of one moment side by side. Field names are those of Wyoming:
 * `rate` in samples a second and channel, `width` in bytes a sample.
 */
export const AudioFormat = Type.Object(
  {
    rate: Type.Integer({ minimum: 1000, maximum: 384_000, description: "samples a second" }),
    width: Type.Literal(2, { description: "bytes a sample" }),
    channels: Type.Integer({ minimum: 1, maximum: 32, description: "samples side by side" }),
    encoding: Type.Literal("s16le", { description: "how a sample is written" }),
  },
  { description: "rate, width, channels, encoding" },
);
export type AudioFormat = Static<typeof AudioFormat>;

export const mono = (rate: number): AudioFormat => ({ rate, width: 2, channels: 1, encoding: "s16le" });

/** Bytes of one second. */
export const bytesPerSecond = ({ rate, width, channels }: AudioFormat): number => rate * width * channels;
