import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { launchOf } from "../../../daemon/worker/launch.ts";
import { packageRoot } from "../../../pipes/protocol/package.ts";
import { folder } from "../logs/folder.ts";
import { specOf } from "./specs.ts";

const context = { pipes: "/pipes", ledgers: "/none", logLevel: "info", root: "/package", env: { PATH: "/bin", NOTIFY_SOCKET: "/run/notify", PIPE_TOOLS_DESCRIPTION: "of another" } };

describe("how a worker is started", () => {
  it("runs a built-in server, a module through the host, and a command as it stands", () => {
    const argv = (over: Parameters<typeof specOf>[0]): readonly string[] => launchOf(specOf(over), context).argv;
    assert.deepEqual(argv({ kind: "server", server: "chat" }), [process.execPath, "/package/dist/servers/chat/main.js"]);
    assert.deepEqual(argv({ kind: "module", module: "/home/my-tool.mjs" }), [process.execPath, "/package/dist/servers/host.js", "/home/my-tool.mjs"]);
    assert.deepEqual(argv({ kind: "command", command: ["python3", "x.py"] }), ["python3", "x.py"]);
  });

  it("gives a TypeScript module our own tsx, wherever its folder is", (t) => {
    const cwd = folder(t);
    const [program = "", ...args] = launchOf(specOf({ kind: "module", module: join(cwd, "tool.mts") }), context).argv;
    assert.deepEqual([program, args[0]], [process.execPath, "--import"]);
    assert.ok(fileURLToPath(args[1] ?? "").startsWith(join(packageRoot(), "node_modules")));
    writeFileSync(join(cwd, "tool.mts"), "const greeting: string = 'hello'; console.log(greeting);");
    assert.equal(spawnSync(program, ["--import", args[1] ?? "", join(cwd, "tool.mts")], { cwd, encoding: "utf8" }).stdout, "hello\n");
  });

  it("tells it what to do in its environment, and nothing that is for the daemon alone", () => {
    const spec = specOf({ settings: { loud: true }, env: { GREETING: "hi", PIPE_TOOLS_TOOL: "forged" } });
    assert.deepEqual(launchOf(spec, context).env, {
      PATH: "/bin",
      GREETING: "hi",
      PIPE_TOOLS_TOOL: "greeter",
      PIPE_TOOLS_PIPES: "/pipes",
      PIPE_TOOLS_SETTINGS: '{"loud":true}',
      PIPE_TOOLS_SUPERVISED: "1",
      PIPE_TOOLS_LOG_LEVEL: "info",
    });
    assert.equal(launchOf(specOf({ description: "Greets." }), context).env["PIPE_TOOLS_DESCRIPTION"], "Greets.");
  });
});
