/** What is louder than so much of the loudest is speech. */
const QUIET = 1 / 64;
/** Silence that stays, in seconds: a soft beginning is not cut, and one sentence does not run into the next. */
const LEAD = 0.05;
const TAIL = 0.2;

/** Flite begins with 150 to 290 ms of silence, and ends with up to 240. */
export function trim(samples: Int16Array, rate: number): Int16Array {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  const loud = (sample: number): boolean => Math.abs(sample) > peak * QUIET;
  const first = samples.findIndex(loud);
  if (first < 0) return samples;
  const last = samples.findLastIndex(loud);
  return samples.subarray(Math.max(0, first - Math.round(LEAD * rate)), Math.min(samples.length, last + 1 + Math.round(TAIL * rate)));
}
