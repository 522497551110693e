import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { known } from "../../cpipe/complete/known.ts";
import { Terminal } from "../terminal.ts";
import { finished, Place, program } from "./program.ts";
import { entryOf, registryOf, writeRegistry } from "./registry.ts";

const place = new Place();
const logs = join(place.root, "logs");
before(() => {
  mkdirSync(logs);
  writeFileSync(join(logs, "chat.log"), `${JSON.stringify({ level: 50, time: Date.now(), msg: "broken", model: "a.gguf" })}\n`);
  const interfaces = [{ name: "tts", description: "", events: [], commands: [...(known["tts"] ?? [])] }];
  const entries = [
    entryOf("chat", place.pipes, { model: "a-model-with-a-long-name.gguf", memory: 3 * 2 ** 30, log: join(logs, "chat.log"), interfaces }),
    entryOf("broken", place.pipes, { phase: "failed", state: null, pid: null, started: null, restarts: 9, reason: "it exited with code 1, nine times in a minute", log: join(logs, "broken.log") }),
  ];
  writeRegistry(place, registryOf(place.pipes, entries));
});
after(() => place.close());

/** What cpipe writes to a terminal, and how it ends. */
async function shown(args: readonly string[], columns: number, env: NodeJS.ProcessEnv = {}): Promise<{ screen: string; code: number }> {
  const terminal = new Terminal([process.execPath, program, ...args], { env: { ...place.env, TERM: "xterm", ...env }, columns });
  try {
    return await terminal.ended();
  } finally {
    await terminal.close();
  }
}
const PAINT = /\u001b\[\d+m/g; // oxlint-disable-line no-control-regex -- colours
const linesOf = (screen: string): string[] => screen.replaceAll(PAINT, "").split(/\r?\n/);

const COMMANDS: ReadonlyArray<readonly [string[], number]> = [
  [["--list"], 0],
  [["--pid"], 0],
  [["--help"], 0],
  [["chat", "--help"], 0],
  [["chat", "say", "--help"], 0],
  [["--logs"], 0],
  [["--logs", "chta"], 3],
  [["broken", "ping"], 4],
  [["nosuch", "ping"], 3],
  [["--nosuch"], 2],
];

const together = async (check: (args: string[], code: number) => Promise<void>): Promise<void> => void (await Promise.all(COMMANDS.map(([args, code]) => check(args, code))));

describe("on a terminal", () => {
  it("a table as wide as it is stands in colours", async () => {
    const { screen } = await shown(["--list"], 160);
    assert.match(screen, PAINT);
    assert.match(linesOf(screen)[0] ?? "", /^NAME +STATE +PID +MODEL +MEMORY +UPTIME +RESTARTS +PIPE$/);
  });

  it("of 40 columns no line of a table or of the help is wider", async () => {
    for (const [args] of COMMANDS.slice(0, 5)) {
      const { screen } = await shown(args, 40);
      const wide = linesOf(screen).filter((line) => line.length > 40 && !line.includes("why:") && !line.includes(place.pipes));
      assert.deepEqual(wide, [], args.join(" "));
    }
    const { screen } = await shown(["--list"], 40);
    assert.match(linesOf(screen).slice(0, 3).join("\n"), /^NAME +STATE +PID(?: +[A-Z]+)*\nchat +ready \(idle\) +\d+.*\nbroken +failed/);
  });

  for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
    it(`there is no escape code with ${Object.entries(env).join("=").replace(",", "=")}`, async () => {
      await together(async (args, expected) => {
        const { screen, code } = await shown(args, 80, env);
        assert.equal(code, expected, args.join(" "));
        assert.ok(!screen.includes("\u001b"), `${args.join(" ")}: ${JSON.stringify(screen)}`);
      });
    });
  }

  it("the level and the name of a log have colours, and a fresh line says no date", async () => {
    const { screen } = await shown(["--logs"], 80);
    assert.match(linesOf(screen)[0] ?? "", /^chat {3}\d\d:\d\d:\d\d ERROR broken model=a\.gguf$/);
    assert.match(screen, /\u001b\[31mERROR/); // oxlint-disable-line no-control-regex -- red
  });
});

describe("following logs on a terminal", () => {
  it("Ctrl-C ends it with 130", async () => {
    const terminal = new Terminal([process.execPath, program, "--logs", "chat", "-f"], { env: { ...place.env, TERM: "xterm" } });
    try {
      await terminal.type("", /broken/);
      appendFileSync(join(logs, "chat.log"), `${JSON.stringify({ level: "warn", time: Date.now(), msg: "afterwards" })}\n`);
      await terminal.type("", /WARN .* afterwards/);
      await terminal.type("\u0003", /\^C/);
      assert.equal((await terminal.ended()).code, 130);
    } finally {
      await terminal.close();
    }
  });
});

describe("without a terminal", () => {
  it("there is no escape code, and nothing is broken into lines", async () => {
    await together(async (args, expected) => {
      const { code, stdout, stderr } = await place.cpipe(...args);
      assert.equal(code, expected, args.join(" "));
      assert.ok(!`${stdout}${stderr}`.includes("\u001b"), args.join(" "));
    });
    assert.match((await place.cpipe("--list")).stdout, /^NAME .* PIPE$/m);
  });

  it("of any kind, not even to open, all goes as well", async () => {
    const child = spawn("setsid", ["--wait", process.execPath, program, "--list"], { env: place.env, stdio: ["ignore", "pipe", "pipe"] });
    const { code, stdout } = await finished(child);
    assert.deepEqual([code, /^chat/m.test(stdout)], [0, true]);
  });
});

describe("with --json", () => {
  it("every failure is an event on standard output, also before there is a request", async () => {
    const cases: ReadonlyArray<readonly [string[], string]> = [
      [["nosuch", "ping", "--json"], "no-such-tool"],
      [["chta", "ping", "-o", "jsonl"], "no-such-tool"],
      [["broken", "ping", "-j"], "not-ready"],
      [["chat", "-j"], "usage"],
      [["--list", "/nowhere", "--json"], "file-failed"],
      [["--list", "--wide", "--json"], "usage"],
      [["--logs", "chta", "--json"], "no-such-tool"],
    ];
    for (const [args, expected] of cases) {
      const { code, stdout, stderr } = await place.cpipe(...args);
      const lines = stdout.trimEnd().split("\n");
      const failure = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
      assert.deepEqual([lines.length, failure["event"], failure["code"]], [1, "error", expected], args.join(" "));
      assert.equal(stderr, `cpipe: ${String(failure["message"])}\n`);
      assert.ok(code !== 0);
    }
  });

  it("help, version and init are objects of the same keys each time", async () => {
    const keys = async (...args: string[]): Promise<string[]> => Object.keys(JSON.parse((await place.cpipe(...args, "--json")).stdout) as object);
    assert.deepEqual(await keys("--help"), ["flags", "asking", "modes"]);
    assert.deepEqual(await keys("chat", "--help"), ["tool", "description", "interfaces"]);
    assert.deepEqual(await keys("chat", "say", "--help"), ["tool", "command"]);
    assert.deepEqual(await keys("--version"), ["version"]);
    assert.deepEqual(await keys("--init"), ["path", "created"]);
  });

  it("an object behind it is arguments, not a wish for JSON", async () => {
    const { stdout } = await place.cpipe("nosuch", "ping", "--json", '{"a": 1}');
    assert.equal(stdout, "");
  });
});
