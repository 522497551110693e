export function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot / (lengthOf(a) * lengthOf(b));
}

export function lengthOf(vector: Float32Array): number {
  return Math.hypot(...vector);
}
