import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { fifoOf } from "../../pipes/protocol/names.ts";
import { makeWorld } from "../harness.ts";
import { type RawClient, rawClient } from "../raw.ts";
import { QUICK, startDaemon } from "./daemon.ts";

/** The kernel takes a pid that nobody has; the daemon looks after it only when its pipe is not read. */
const NOBODY = 4_100_000;

it("a daemon that runs out of descriptors refuses by name, keeps its tools, and takes clients again when others have gone", async () => {
  const world = makeWorld();
  const daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
  const { pid } = await daemon.ready("echo");
  limitDescriptors(daemon.pid, descriptorsOf(daemon.pid) + 24);
  const clients: RawClient[] = [];
  const answers = [];
  while (answers.at(-1)?.["event"] !== "error") {
    const client = rawClient(world, "supervisor", NOBODY + clients.length);
    clients.push(client);
    client.send({ cmd: "subscribe" });
    answers.push(await client.next());
  }
  const refused = clients.at(-1) as RawClient;
  assert.equal(answers.at(-1)?.["code"], "too-many-files");
  assert.match(String(answers.at(-1)?.["message"]), /too many files are open \(the limit is \d+\); try again later, or raise the limit/);
  assert.ok(clients.length > 1, "there was room for some");
  await assert.rejects(ToolClient.connect("supervisor", { folder: world.pipes, reconnect: false }), { code: /too-many-files|already-connected/ });

  process.kill(pid, "SIGKILL");
  await daemon.until("echo", (entry) => entry.phase === "ready" && entry.pid !== pid);
  clients[0]?.send({ cmd: "ping" });
  assert.equal((await clients[0]?.next())?.["event"], "pong");

  for (const client of clients.slice(0, 2)) client.send({ cmd: "unsubscribe" });
  refused.send({ cmd: "subscribe" });
  assert.equal((await refused.next())["event"], "subscribed");
  for (const client of clients) client.close();
  assert.ok(world.leftovers().every((name) => !name.includes(String(NOBODY))), fifoOf.downstream("", "supervisor", NOBODY));
  limitDescriptors(daemon.pid, 1024);
  await daemon.stop();
  await world.close();
});

it("a daemon without a single descriptor left goes on, and starts what died meanwhile as soon as it can", async () => {
  const world = makeWorld();
  const daemon = await startDaemon(world, `${QUICK}defaults: {restart: {probe: 200ms}}\ntools:\n  echo: {server: echo}\n  other: {server: echo}\n`.replace(/defaults: \{timeouts(.*)\}\ndefaults: \{/, "defaults: {timeouts$1, "));
  const [{ pid }] = await Promise.all([daemon.ready("echo"), daemon.ready("other")]);
  limitDescriptors(daemon.pid, 3);
  process.kill(pid, "SIGKILL");
  await daemon.until("echo", ({ reason }) => /too many files|EMFILE/.test(reason ?? ""));
  assert.equal((await daemon.call("ping"))["event"], "pong");
  limitDescriptors(daemon.pid, 1024);
  await daemon.until("echo", (entry) => entry.phase === "ready" && entry.pid !== pid);
  await daemon.stop();
  await world.close();
});

function limitDescriptors(pid: number, most: number): void {
  execFileSync("prlimit", ["--pid", String(pid), `--nofile=${most}:`]);
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
