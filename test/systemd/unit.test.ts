import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { systemdUnit } from "../../pipes/client/unit.ts";
import { TimeoutSettings } from "../../pipes/protocol/spec.ts";

const template = readFileSync(new URL("../../systemd/pipe-tools.service", import.meta.url), "utf8");
const root = realpathSync(mkdtempSync(join(tmpdir(), "pipe-tools-unit-")));
after(() => rmSync(root, { recursive: true }));

// An installation where every quoting rule is needed.
const home = join(root, `O"Neil's 100% $HOME`);
mkdirSync(home);
const daemon = join(home, "main.js");
writeFileSync(daemon, "");
const installation = { node: process.execPath, daemon, environment: { PATH: `${home}/bin:/usr/bin:/bin`, PIPE_TOOLS_PIPES: "/my pipes" }, readme: pathToFileURL(join(home, "README.md")).href, logs: root };
const filled = systemdUnit(template, installation);

test("the filled unit says what the daemon counts on", () => {
  const { Unit, Service, Install } = parseUnit(filled);
  assert.deepEqual([Service?.["Type"], Service?.["NotifyAccess"], Service?.["Restart"]], ["notify", "main", "on-failure"]);
  assert.equal(Service?.["ExecReload"], "kill -HUP $MAINPID");
  assert.deepEqual([Service?.["KillMode"], Service?.["WatchdogSignal"]], ["process", "SIGKILL"]);
  assert.equal(Service?.["OOMPolicy"], "continue");
  assert.equal(Service?.["PrivateTmp"], "no");
  assert.ok(Number(Service?.["WatchdogSec"]) > 0);
  assert.equal(Install?.["WantedBy"], "default.target");
  assert.ok(Unit?.["Documentation"]?.startsWith('"file:///'));
  assert.doesNotMatch(filled, /@[A-Z]/);
});

test("paths with quotes, spaces, percent and dollar signs are quoted for systemd", () => {
  const quoted = home.replaceAll('"', '\\"').replaceAll("%", "%%");
  const { Service } = parseUnit(filled);
  assert.equal(Service?.["ExecStart"], `:"${process.execPath}" --max-semi-space-size=1 "${quoted}/main.js"`);
  assert.equal(Service?.["ExecStopPost"], `:"${process.execPath}" "${quoted}/main.js" --end-leftovers`);
  assert.equal(Service?.["Environment"], `"PATH=${quoted}/bin:/usr/bin:/bin" "PIPE_TOOLS_PIPES=/my pipes"`);
});

test("systemd waits longer at a stop than a worker may take by default", () => {
  const { drain, stop, kill } = TimeoutSettings.properties;
  const budget = [drain, stop, kill].reduce((sum, schema) => sum + seconds((schema as { default?: unknown }).default), 0);
  const { Service } = parseUnit(filled);
  assert.ok(Number(Service?.["TimeoutStopSec"]) > 2 * budget, `TimeoutStopSec=${Service?.["TimeoutStopSec"]}, a worker may take ${budget} s`);
});

// Where there is no systemd the structure above is what can be checked.
if (spawnSync("systemd-analyze", ["--version"]).status === 0) {
  test("systemd-analyze finds nothing to say about the filled unit", () => {
    const file = join(root, "pipe-tools.service");
    writeFileSync(file, filled);
    const env = { ...process.env, XDG_RUNTIME_DIR: root, XDG_CONFIG_HOME: root, XDG_DATA_HOME: root };
    const { error, stdout, stderr } = spawnSync("systemd-analyze", ["--user", "--man=no", "verify", file], { encoding: "utf8", env });
    // It also reads the units around ours, and has its opinion on those.
    const said = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("pipe-tools"));
    assert.deepEqual({ error, said }, { error: undefined, said: [] });
  });
}

/** Sections of assignments; comments dropped. Anything else in a unit file is an error. */
function parseUnit(text: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const header = /^\[([A-Z][A-Za-z]+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      sections[header] = section = {};
      continue;
    }
    const [, key, value] = /^([A-Z][A-Za-z]*)=(.+)$/.exec(line) ?? [];
    assert.ok(section !== undefined && key !== undefined && value !== undefined, `line ${index + 1} is no assignment: ${line}`);
    assert.equal(section[key], undefined, `${key} is there twice`);
    section[key] = value;
  }
  assert.deepEqual(Object.keys(sections), ["Unit", "Service", "Install"]);
  return sections;
}

function seconds(duration: unknown): number {
  const [, number, unit] = /^(\d+)(ms|s|m)$/.exec(String(duration)) ?? assert.fail(`not a duration: ${String(duration)}`);
  return Number(number) * { ms: 0.001, s: 1, m: 60 }[unit as "ms" | "s" | "m"];
}
