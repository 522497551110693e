import { inBytes } from "../../pipes/protocol/quantity.ts";
import type { Metrics } from "../../pipes/protocol/metrics.ts";
import { elapsed, stateOf } from "../describe.ts";
import { widthOf } from "../terminal/width.ts";
import { stateTint } from "./columns.ts";
import type { Model } from "./model.ts";
import { type Row, row, visible } from "./row.ts";

/** Where the daemon's own problems are told. */
const MOST_PROBLEMS = 3;

/** The first row: the daemon and the machine, or what is looked at. `now` in ms since 1970. */
export function headerRow(model: Model, now: number): Row {
  const { page, daemon, metrics, size } = model;
  if (page.kind !== "fleet") return titleOf(model);
  if (daemon === null) return [{ text: " pipe-tools", tint: "title" }];
  const name = ` pipe-tools ${daemon.version}`;
  const facts = ` · up ${elapsed(now - Date.parse(daemon.started))}`;
  const machine = metrics === null ? "" : machineOf(metrics);
  const path = ` · ${daemon.config.path}`;
  const room = size.columns - widthOf(name + facts + machine) - 1;
  const shown = widthOf(visible(path)) <= room - 2 ? path : "";
  const left = widthOf(name + facts + shown);
  const gap = size.columns - left - widthOf(machine) - 1;
  return [{ text: name, tint: "title" }, { text: facts + shown, tint: "faint" }, { text: gap < 1 ? "" : " ".repeat(gap) + machine }];
}

/** What stands between the first row and the tools: why they are not what tools.yaml says. */
export function problemRows({ daemon }: Model): Row[] {
  if (daemon === null) return [];
  const { problems } = daemon.config;
  const more = problems.length - MOST_PROBLEMS;
  return [
    ...(problems.length === 0 ? [] : [row(" tools.yaml was not applied:", "bad")]),
    ...problems.slice(0, MOST_PROBLEMS).map((problem) => row(`   ${problem}`, "bad")),
    ...(more > 0 ? [row(`   and ${more} more`, "bad")] : []),
  ];
}

/** `CPU 12%  memory 3.1 of 16 GiB  GPU 40%` */
function machineOf({ machine, gpus }: Metrics): string {
  const { total, available } = machine.memory;
  const cards = gpus.map(({ use, memoryUsed, memoryTotal }) => `GPU ${use === null ? "" : `${Math.round(use)}%`}${memoryUsed === null || memoryTotal === null ? "" : ` ${Math.round((memoryUsed / memoryTotal) * 100)}% full`}`.trim());
  return [`CPU ${Math.round(machine.load)}% of ${machine.cores}`, `memory ${inBytes(total - available)} of ${inBytes(total)}`, ...cards].join("  ");
}

function titleOf({ page, tools }: Model): Row {
  switch (page.kind) {
    case "fleet":
      return [];
    case "text":
      return [{ text: ` ${page.title}`, tint: "title" }];
    case "logs":
      return [{ text: ` log of ${page.tool ?? "all"}`, tint: "title" }, { text: `  ${page.level === "trace" ? "every level" : `${page.level} and above`}${page.scroll === null ? ", as it comes" : ""}`, tint: "faint" }];
    case "details":
    case "messenger": {
      const tool = tools.find(({ name }) => name === page.tool);
      return [{ text: ` ${page.tool}`, tint: "title" }, ...(tool === undefined ? [] : [{ text: "  " }, { text: stateOf(tool), tint: stateTint(tool) }])];
    }
  }
}
