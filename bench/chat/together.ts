import type { Answered, Asked, Sides } from "./sides.ts";

/** Tokens per second of so many replies at once, all together; the best of several rounds, since whatever else runs only slows one down. */
export interface Together {
  readonly count: number;
  readonly bare: number;
  readonly ours: number;
}

const COUNTS = [1, 2, 4] as const;
const ROUNDS = 5;
const TOKENS = 64;

/** The two sides take turns, round by round, so that a drift of the machine meets both alike. */
export async function together({ bare, ours }: Sides): Promise<Together[]> {
  const rates = COUNTS.map((count) => ({ count, bare: [] as number[], ours: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const row of rates) {
      const pair = [await rate(bare, row.count), await rate(ours, row.count)] as const;
      if (round === 0) continue; // warms up
      row.bare.push(pair[0]);
      row.ours.push(pair[1]);
    }
  }
  return rates.map((row) => ({ count: row.count, bare: Math.max(...row.bare), ours: Math.max(...row.ours) }));
}

async function rate(ask: (asked: Asked) => Promise<Answered>, count: number): Promise<number> {
  const begun = performance.now();
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => ask({ messages: [{ role: "user", content: `story ${n}` }], maxTokens: TOKENS })));
  return (answers.reduce((sum, { tokens }) => sum + tokens.reply, 0) * 1000) / (performance.now() - begun);
}
