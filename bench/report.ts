import type { LedgerCost } from "./ledger.ts";
import { TITLES, type Way } from "./ways.ts";

export interface Report {
  readonly node: string;
  /** Microseconds. */
  readonly roundTrips: Array<{ way: Way; count: number; p50: number; p99: number }>;
  /** Each client asks for one pong after the other. */
  readonly throughput: Array<{ way: Way; clients: number; perSecond: number }>;
  /** Empty where the system does not tell. */
  readonly ledger: LedgerCost[];
}

/** The report as one table for people. Absolute figures are this machine's; the ratios travel. */
export function print({ node, roundTrips, throughput, ledger }: Report): void {
  const ours = roundTrips.find(({ way }) => way === "fifo");
  const ratio = (mine: number | undefined, other: number): string => (mine === undefined || mine === other ? "" : `ours is ${(mine / other).toFixed(2)} of it`);
  const rows = [
    ["ping round trip", "p50", "p99", `Node ${node}`],
    ...roundTrips.map(({ way, p50, p99 }) => [TITLES[way], `${p50.toFixed(1)} µs`, `${p99.toFixed(1)} µs`, ratio(ours?.p50, p50)]),
    [],
    ["messages per second", "clients", "per second", ""],
    ...throughput.map(({ way, clients, perSecond }) => {
      const mine = throughput.find((row) => row.way === "fifo" && row.clients === clients)?.perSecond;
      return [TITLES[way], String(clients), Math.round(perSecond).toString(), ratio(mine, perSecond)];
    }),
    [],
    ["processor time of the server for a request on the shared pipe", "without", "with", "a ledger"],
    ...ledger.map((row) => [`${row.together === 1 ? "one" : row.together} at a time`, `${row.without.toFixed(1)} µs`, `${row.with.toFixed(1)} µs`, `it costs ${(row.with - row.without).toFixed(2)} µs`]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const [title = "", one = "", two = "", note = ""] of rows) {
    console.log(`${title.padEnd(widths[0] ?? 0)}  ${one.padStart(widths[1] ?? 0)}  ${two.padStart(widths[2] ?? 0)}  ${note}`.trimEnd());
  }
}
