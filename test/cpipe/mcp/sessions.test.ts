import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { configure, launchDaemon, attach, startDaemon, QUICK, type Supervised, workersOf } from "../../daemon/daemon.ts";
import { makeWorld } from "../../harness.ts";
import { names, openSession, type Session, textOf } from "./session.ts";

describe("sessions of cpipe --mcp and the one fleet", () => {
  const world = makeWorld();
  let daemon: Supervised;
  const sessions: Session[] = [];
  const YAML = `${QUICK}tools:\n  chat: {server: chat, model: builtin, threads: 1}\n  echo: {server: echo}\n`;
  before(async () => {
    daemon = await startDaemon(world, YAML);
    await Promise.all([daemon.ready("echo"), daemon.until("chat", ({ state }) => state === "idle")]);
  });
  after(async () => {
    await Promise.all(sessions.map((session) => session.close()));
    await daemon.stop();
    await world.close();
  });

  test("ten sessions at once share the one model, and load nothing", async () => {
    const [workers, { pid }] = [workersOf(world), await daemon.ready("chat")];
    sessions.push(...(await Promise.all(Array.from({ length: 10 }, () => openSession(world.env, world.folder)))));
    const answers = await Promise.all(sessions.map((session) => session.call("chat_ask", { data: "hello" })));
    for (const answer of answers) assert.match(textOf(answer), /named pipe/);
    assert.equal((await daemon.ready("chat")).pid, pid);
    assert.deepEqual(workersOf(world), workers);
    await Promise.all(sessions.splice(1).map((session) => session.close()));
  });

  test("calls of one session to one tool run side by side over one connection", async () => {
    const [session] = sessions;
    const called = async (to: number) => (await session?.call("echo_count", { to, delay: 20 })) ?? assert.fail();
    const results = await Promise.all([5, 4, 3, 2, 1].map((to) => called(to)));
    assert.deepEqual(results.map((result) => textOf(result).trim().split("\n").length), [5, 4, 3, 2, 1]);
  });

  test("a session outlives the daemon, and finds the tools of the next one", async () => {
    const [session] = sessions;
    assert.ok(session);
    const before = await session.list();
    await daemon.stop();
    const refused = await session.call("echo_echo", { data: "x" });
    assert.equal(refused.isError, true);
    assert.match(textOf(refused), /Start the daemon|daemon is not running/);
    assert.deepEqual(await session.list(), before, "a restart makes no list shrink");
    configure(world, `${YAML}  finch: {server: echo}\n`);
    const lost: string[] = [];
    const grown = session.listed((tools) => {
      lost.push(...names(before).filter((name) => !names(tools).includes(name)));
      return names(tools).includes("finch_echo");
    });
    daemon = await attach(world, launchDaemon(world));
    await grown;
    assert.deepEqual(lost, []);
    assert.match(textOf(await session.call("chat_ask", { data: "hello" })), /named pipe/);
    assert.equal(textOf(await session.call("echo_echo", { data: "x" })), "x");
  });

  test("a session outlives a daemon that is killed, whose tools go on without it", async () => {
    const [session] = sessions;
    assert.ok(session);
    await daemon.crash();
    assert.equal(textOf(await session.call("echo_echo", { data: "orphan" })), "orphan");
    daemon = await attach(world, launchDaemon(world));
    await daemon.ready("echo");
    assert.equal(textOf(await session.call("echo_echo", { data: "adopted" })), "adopted");
    assert.equal((await session.call("supervisor_list")).isError, undefined);
  });
});
