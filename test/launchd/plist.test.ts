import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { launchAgent } from "../../pipes/client/unit.ts";

const template = readFileSync(new URL("../../launchd/io.github.pipe-tools.plist", import.meta.url), "utf8");

test("the filled launch agent is a property list that says what the daemon counts on", () => {
  const installation = { node: "/opt/R&D <node>/bin/node", daemon: "/opt/main.js", environment: { PATH: "/opt/R&D/bin:/usr/bin", PIPE_TOOLS_PIPES: "/tmp/<mine>" }, readme: "", logs: "/Users/me/Logs & more" };
  const parse = "import sys, json, plistlib; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))";
  const text = execFileSync("python3", ["-c", parse], { input: launchAgent(template, installation), encoding: "utf8" });
  assert.deepEqual(JSON.parse(text), {
    Label: "io.github.pipe-tools",
    ProgramArguments: ["/opt/R&D <node>/bin/node", "--max-semi-space-size=1", "/opt/main.js"],
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    ExitTimeOut: 30,
    AbandonProcessGroup: true,
    ProcessType: "Interactive",
    EnvironmentVariables: { PATH: "/opt/R&D/bin:/usr/bin", PIPE_TOOLS_PIPES: "/tmp/<mine>" },
    Umask: 0o077,
    StandardOutPath: "/Users/me/Logs & more/launchd.log",
    StandardErrorPath: "/Users/me/Logs & more/launchd.log",
  });
});
