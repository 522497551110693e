import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../../../bench/vector/random.ts";
import { type Kernel, startKernel } from "../../../../servers/vector/store/compiled.ts";
import { Rotation, rotationBytes, turnedLength } from "../../../../servers/vector/store/rotation.ts";

const AT = 1024;

function turner(dimensions: number): (vector: ArrayLike<number>) => Float32Array {
  const kernel: Kernel = startKernel();
  kernel.memory.grow(Math.ceil((AT + rotationBytes(turnedLength(dimensions))) / 65_536));
  const rotation = new Rotation(kernel, AT, dimensions);
  return (vector) => new Float32Array(kernel.memory.buffer, rotation.turn(vector), rotation.length).slice();
}

const product = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

for (const dimensions of [1, 100, 128, 384, 512, 768, 1000, 8192]) {
  test(`Turning vectors of ${dimensions} numbers leaves their lengths and angles as they are`, () => {
    const turn = turner(dimensions);
    const random = seeded(dimensions);
    const vectors = Array.from({ length: 6 }, () => Float32Array.from({ length: dimensions }, () => random.normal()));
    const turned = vectors.map((vector) => turn(vector));
    assert.equal(turned[0]!.length, Math.ceil(dimensions / 128) * 128);
    for (const [i, a] of vectors.entries()) {
      for (const [j, b] of vectors.entries()) assert.ok(Math.abs(product(a, b) - product(turned[i]!, turned[j]!)) < 1e-3 * dimensions ** 0.5 + 1e-4 * dimensions);
    }
  });
}

test("What a single number says is spread over all of them", () => {
  const turn = turner(384);
  for (const place of [0, 200, 383]) {
    const turned = turn(Float32Array.from({ length: 384 }, (_, i) => (i === place ? 1 : 0)));
    assert.ok(turned.every((value) => Math.abs(value) < 0.3));
    assert.ok(turned.filter((value) => Math.abs(value) > 0.01).length > 250);
  }
});

test("It is the same rotation each time, since what is on disk was turned by it", () => {
  const vector = Float32Array.from({ length: 384 }, (_, i) => Math.sin(i));
  assert.deepEqual(turner(384)(vector), turner(384)(vector));
  assert.deepEqual(Array.from(turner(384)(vector).slice(0, 4), (value) => value.toFixed(4)), GOLDEN);
});

const GOLDEN = ["-0.1561", "-1.6696", "-0.4855", "-0.6135"];
