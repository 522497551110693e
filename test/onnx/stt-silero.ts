import { Graph } from "./stt-graph.ts";

const LEAST = 0.01;

/** A Silero of the fifth kind: what is louder than 0.01 on average (root mean square) is speech. */
export function silero(): Buffer {
  const graph = new Graph();
  const samples = graph.input("input", "float", ["N", "samples"]);
  graph.input("state", "float", [2, "N", 128]);
  graph.input("sr", "int64", []);
  graph.output("output", "float", ["N", 1], probability(graph, samples));
  graph.output("stateN", "float", [2, "N", 128], "state");
  return graph.write();
}

/** The fourth kind has two states. */
export function sileroFour(): Buffer {
  const graph = new Graph();
  const samples = graph.input("input", "float", ["N", "samples"]);
  graph.input("sr", "int64", []);
  for (const name of ["h", "c"]) graph.input(name, "float", [2, "N", 64]);
  graph.output("output", "float", ["N", 1], probability(graph, samples));
  for (const name of ["h", "c"]) graph.output(`${name}n`, "float", [2, "N", 64], name);
  return graph.write();
}

function probability(graph: Graph, samples: string): string {
  const loudness = graph.op("ReduceL2", [samples], { axes: [1], keepdims: 1 });
  const least = LEAST * Math.sqrt(512);
  return graph.op("Sigmoid", [graph.op("Mul", [graph.op("Sub", [loudness, graph.float(least)]), graph.float(100)])]);
}
