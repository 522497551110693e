/** How long something took, over and over: in ms. */
export interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

export function timesOf(samples: readonly number[]): Times {
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

/** Something to be timed; the number counts its calls. */
export type Way = (turn: number) => unknown;

/** The ways take turns in short rounds, so that a drift of the machine meets them all alike. The first round warms up. */
export async function takeTurns<Name extends string>(ways: Readonly<Record<Name, Way>>, { rounds, ms }: { rounds: number; ms: number }): Promise<Record<Name, Times>> {
  const names = Object.keys(ways) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  const turns = new Map<Name, number>();
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      for (let now = performance.now(), end = now + ms; now < end; ) {
        const turn = turns.get(name) ?? 0;
        turns.set(name, turn + 1);
        await ways[name](turn);
        const then = now;
        now = performance.now();
        if (round > 0) samples.get(name)!.push(now - then);
      }
    }
  }
  return Object.fromEntries(names.map((name) => [name, timesOf(samples.get(name)!)])) as Record<Name, Times>;
}
