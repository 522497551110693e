import assert from "node:assert/strict";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { groupEmpty } from "../../daemon/worker/group.ts";
import { makeWorld, root, type World } from "../harness.ts";
import { writeLine } from "../raw.ts";
import { QUICK, startDaemon, type Supervised } from "./daemon.ts";

const python = process.env["PYTHON"] ?? "python3";
const peer = join(root, "test/fixtures/python/echo_server.py");
const recreate = join(root, "test/fixtures/tools/recreate.py");

/** A user's own folder: no package.json, no node_modules, no build step. */
const MODULES: Record<string, string> = {
  "decorated.ts": `
    import { handler, ToolServer, Type, type Call } from "pipe-tools/server";
    export default class Decorated extends ToolServer {
      @handler("greet", { description: "Greet", args: { name: Type.String() } })
      greet({ name }: { name: string }, _call: Call): string { return \`Hello, \${name}!\`; }
    }`,
  "functions.ts": `
    import { ToolServer } from "pipe-tools/server";
    import { helper } from "./helper.ts";
    export default async function make(): Promise<ToolServer> {
      return new ToolServer({ name: "functions" }).handler("where", () => ({ cwd: process.cwd(), colour: process.env["COLOUR"], helper: helper() }));
    }`,
  "helper.ts": `export const helper = (): string => "helped";`,
  "instance.mjs": `
    import { ToolServer } from "pipe-tools/server";
    const server = new ToolServer({ name: "instance", description: "an instance" });
    server.handler("settings", () => ({ event: "settings", settings: server.settings }));
    export default server;`,
  "required.js": `
    const { ToolServer } = require("pipe-tools/server");
    module.exports = new ToolServer({ name: "required" }).handler("how", () => "by require");`,
  "itself.mjs": `
    import { runServer, ToolServer } from "pipe-tools";
    await runServer(new ToolServer({ name: "itself" }));`,
  "throws.ts": `const config: { missing?: { name: string } } = {}; console.log(config.missing!.name); export default 1;`,
  "typo.mjs": `export default class {`,
  "number.mjs": `export default 42;`,
  "nobody.mjs": `import "no-such-package";`,
};

describe("tools of a user's own", () => {
  const world = makeWorld();
  const folder = join(world.folder, "my tools");
  let daemon: Supervised;
  before(async () => {
    mkdirSync(folder);
    for (const [name, text] of Object.entries(MODULES)) writeFileSync(join(folder, name), text);
    const module = (file: string): string => `module: ${join(folder, file)}`;
    const tools = [
      `decorated: {${module("decorated.ts")}}`,
      `functions: {${module("functions.ts")}, cwd: "${folder}", env: {COLOUR: blue}}`,
      `instance: {${module("instance.mjs")}, description: mine, settings: {depth: 3, list: [a, b]}}`,
      `required: {${module("required.js")}}`,
      `itself: {${module("itself.mjs")}}`,
      ...["throws.ts", "typo.mjs", "number.mjs", "nobody.mjs"].map((file) => `${file.split(".")[0]}: {${module(file)}}`),
      `newer: {command: [${python}, ${peer}, newer]}`,
      `older: {command: [${python}, ${peer}, older, --dialect, old]}`,
      `bereft: {command: [${python}, ${peer}, bereft, --dialect, old]}`,
      `recreates: {command: [${python}, ${recreate}]}`,
    ];
    const common = `${QUICK.trim().slice(0, -1)}, env: {PYTHONDONTWRITEBYTECODE: 1}, restart: {limit: {count: 1}, backoff: {initial: 1ms}}}\n`;
    daemon = await startDaemon(world, `${common}tools:\n${tools.map((line) => `  ${line}\n`).join("")}`);
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("are TypeScript modules, with a decorated class or a function, beside others of the user's", async () => {
    await Promise.all([daemon.ready("decorated"), daemon.ready("functions")]);
    assert.equal((await ask(world, "decorated", "greet", { name: "Ada" }))["text"], "Hello, Ada!");
    const { cwd, colour, helper } = await ask(world, "functions", "where");
    assert.deepEqual([cwd, colour, helper], [realpathSync(folder), "blue", "helped"]);
    const { interfaces } = await daemon.until("decorated", (entry) => entry.interfaces.length > 0);
    assert.deepEqual(interfaces[0]?.commands.map(({ name, args }) => [name, args.map((arg) => `${arg.name}: ${arg.type}`)]), [["greet", ["name: string"]]]);
  });

  it("are JavaScript modules: an instance, one of the older module system, one that runs itself", async () => {
    await Promise.all(["instance", "required", "itself"].map((name) => daemon.ready(name)));
    assert.deepEqual((await ask(world, "instance", "settings"))["settings"], { depth: 3, list: ["a", "b"] });
    assert.equal((await daemon.until("instance", () => true)).description, "mine");
    assert.equal((await ask(world, "required", "how"))["text"], "by require");
    assert.equal((await ask(world, "itself", "ping")).event, "pong");
  });

  it("say in the list why they cannot be loaded, and are not tried again and again", async () => {
    const reasons = { throws: /TypeError: Cannot read properties of undefined \(reading 'name'\)/, typo: /error: .*typo\.mjs cannot be loaded: SyntaxError: Unexpected end of input;/, number: /its default export is no server/, nobody: /Cannot find package 'no-such-package'/ };
    for (const [name, reason] of Object.entries(reasons)) {
      const failed = await daemon.until(name, ({ phase }) => phase === "failed");
      assert.match(failed.reason ?? "", reason);
      assert.equal(failed.restarts, 0, name);
    }
  });

  it("are Python servers of either dialect, which end their request with an answer and stop when asked", async () => {
    for (const name of ["newer", "older"]) {
      const { pid } = await daemon.ready(name);
      const { event: _, req_id: __, ...answer } = await ask(world, name, "echo", { text: "hi" });
      assert.deepEqual(answer, { text: "hi" }, name);
      process.kill(pid, "SIGKILL");
      const next = await daemon.until(name, (entry) => entry.phase === "ready" && entry.pid !== pid);
      await daemon.call("stop", { tool: name });
      assert.equal(groupEmpty(next.pid ?? 0), true);
      assert.ok(!world.leftovers().some((file) => file.startsWith(`tool-${name}`)), world.leftovers().join());
      await daemon.call("start", { tool: name });
    }
    assert.equal((await daemon.until("newer", ({ description, phase }) => phase === "ready" && description !== "")).description, "An upstream echo");
  });

  it("do not obey the `stop` that was meant for the process before them", async () => {
    const { pid } = await daemon.ready("newer");
    process.kill(pid, "SIGSTOP"); // it reads nothing any more: what is said to it stays in the shared pipe
    const restarted = (await daemon.call("restart", { tool: "newer" })) as unknown as { tool: { pid: number } };
    assert.notEqual(restarted.tool.pid, pid);
    await ask(world, "newer", "ping");
    assert.equal((await daemon.ready("newer")).pid, restarted.tool.pid);
  });

  it("are not ended by what clients left unread for the process before them", async () => {
    const { pid } = await daemon.ready("bereft");
    const client = await ToolClient.connect("bereft", { folder: world.pipes });
    process.kill(pid, "SIGSTOP");
    writeLine(world, "bereft", '"text": "whose beginning was read"}');
    await client.close();
    process.kill(pid, "SIGKILL");
    await daemon.until("bereft", (entry) => entry.phase === "ready" && entry.pid !== pid);
    assert.equal((await ask(world, "bereft", "echo", { text: "hi" }))["text"], "hi");
    assert.equal((await daemon.ready("bereft")).restarts, 1);
  });

  it("may make their pipe anew, and are held by that one then", async () => {
    const { pid } = await daemon.ready("recreates");
    assert.equal((await ask(world, "recreates", "echo", { data: 1 }))["data"], 1);
    process.kill(pid, "SIGKILL");
    await daemon.until("recreates", (entry) => entry.phase === "ready" && entry.pid !== pid);
    assert.equal((await ask(world, "recreates", "echo", { data: 2 }))["data"], 2);
  });
});

async function ask(world: World, tool: string, cmd: string, args: object = {}): Promise<{ event: string; [field: string]: unknown }> {
  const client = await ToolClient.connect(tool, { folder: world.pipes });
  try {
    return await client.call(cmd, args, { timeout: 10_000 });
  } finally {
    await client.close();
  }
}
