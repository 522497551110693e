/** Divides a vector by its length, in place; one of length 0 stays. */
export function normalize(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return vector;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i]! *= scale;
  return vector;
}

/** Whether there is anything to make a vector of. */
export function isBlank(text: string): boolean {
  return text.trim() === "";
}
