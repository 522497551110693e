import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { root } from "./harness.ts";

/** What each room may import of ours, itself aside. Source: docs/design.md. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "pipes/protocol": [],
  "pipes/transport": [],
  "pipes/rpc": ["pipes/protocol", "pipes/transport"],
  "pipes/client": ["pipes/rpc", "pipes/protocol", "pipes/transport"],
  pipes: ["pipes/rpc", "pipes/client", "pipes/protocol"],
  // The lock file is no part of the wire: two servers that fetch the same model take turns by it.
  models: ["pipes/protocol", "pipes/transport/lock.ts"],
  audio: ["pipes/protocol"],
  // Reading logs, by the daemon and without it.
  logs: ["pipes/protocol"],
  engines: ["models", "pipes/protocol", "pipes/rpc/log.ts"],
  // A server may be a client of other tools, and make a FIFO without a process for it. A folder of data has a lock, too, that tells one process from two.
  servers: ["audio", "engines", "models", "pipes/server.ts", "pipes/client", "pipes/rpc", "pipes/protocol", "pipes/transport/libc.ts", "pipes/transport/lock.ts"],
  daemon: ["pipes/server.ts", "pipes/client.ts", "pipes/client", "pipes/rpc", "pipes/protocol", "pipes/transport", "logs"],
  // Of sound it only has to know how a WAV file is written and read. A terminal is known by the session of its shell, and may be closed.
  cpipe: ["audio/wav.ts", "audio/wav-reader.ts", "pipes/client.ts", "pipes/client", "pipes/protocol", "pipes/transport/identity.ts", "pipes/transport/terminals.ts", "logs"],
};
const MAINS = /(^|\/)(main|host)\.ts$|^pipes\/rpc\/run\.ts$|^scripts\//;
const MOST_LINES = 300;

const filesOf = (folder: string): string[] =>
  (existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true }) : [])
    .filter((entry) => entry.isFile() && /\.(ts|mjs|mts)$/.test(entry.name) && !entry.name.endsWith(".d.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
const sources = ["pipes", "logs", "models", "audio", "engines", "servers", "daemon", "cpipe"].flatMap(filesOf);
const all = [...sources, ...["scripts", "bench", "examples", "test"].flatMap(filesOf)];
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** `pipes/rpc` for a file below it, `pipes` for `pipes/server.ts`, `servers/echo` for a tool's folder. */
function roomOf(file: string): string {
  const [top = "", second = "", third] = file.split("/");
  return ["pipes", "servers"].includes(top) && third !== undefined ? `${top}/${second}` : top;
}

/** The files of ours that a file imports, from the root. */
function importsOf(file: string): string[] {
  const found = read(file).matchAll(/(?:^|\s)(?:import|export)\b[^;"]*?\bfrom\s*"(\.[^"]+)"|\bimport\s*\(\s*"(\.[^"]+)"|^import\s*"(\.[^"]+)"/gm);
  return [...found].map(([, a, b, c]) => relative(root, resolve(root, dirname(file), a ?? b ?? c ?? "")));
}

function isAllowed(from: string, target: string): boolean {
  const room = roomOf(from);
  if (roomOf(target) === room) return true;
  const allowed = ROOMS[room] ?? ROOMS[room.split("/")[0] ?? ""] ?? [];
  return allowed.includes(target) || allowed.includes(roomOf(target));
}

test("imports go one way between the rooms, and no tool's folder imports another's", () => {
  const wrong = sources.flatMap((file) => importsOf(file).filter((target) => !isAllowed(file, target)).map((target) => `${file} imports ${target}`));
  assert.deepEqual(wrong, []);
});

test("this test sees imports: the library's rooms are all imported by somebody", () => {
  const seen = new Set(sources.flatMap((file) => importsOf(file).map(roomOf)));
  for (const room of ["pipes/protocol", "pipes/transport", "pipes/rpc", "pipes/client"]) assert.ok(seen.has(room), room);
});

test("imports of our own files name them with their ending, and lead to a file", () => {
  const broken = sources.flatMap((file) => importsOf(file).filter((target) => !target.startsWith("dist/") && !existsSync(join(root, target))).map((target) => `${file} imports ${target}`));
  assert.deepEqual(broken, []);
});

test("only a program's main ends the process", () => {
  assert.deepEqual(sources.filter((file) => !MAINS.test(file) && /\bprocess\.exit\(/.test(read(file))), []);
});

test(`no file of ours is longer than ${MOST_LINES} lines`, () => {
  const long = all.map((file) => ({ file, lines: read(file).split("\n").length - 1 })).filter(({ lines }) => lines > MOST_LINES);
  assert.deepEqual(long, []);
});
