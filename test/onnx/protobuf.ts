/** Fields of a protobuf message, written one after another. Source of the format: protobuf.dev/programming-guides/encoding */
export type Field = Buffer;

/** `value` may be negative: it is written as 64 bits of two's complement then. */
export function int(number: number, value: number | bigint): Field {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

export function float(number: number, value: number): Field {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((number << 3) | 5), bytes]);
}

export function bytes(number: number, value: string | Uint8Array): Field {
  const content = typeof value === "string" ? Buffer.from(value, "utf8") : value;
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

export function message(number: number, ...fields: readonly Field[]): Field {
  return bytes(number, Buffer.concat(fields));
}

export function varint(value: number | bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const seven = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest === 0n ? seven : seven | 128);
  } while (rest !== 0n);
  return Buffer.from(out);
}
