import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Terminal } from "../../terminal.ts";
import { Place, program, says } from "../program.ts";

const place = new Place();
const folder = join(String(place.env["XDG_STATE_HOME"]), "pipe-tools/conversations");
before(async () => {
  mkdirSync(String(place.env["HOME"]), { recursive: true });
  await Promise.all([place.serve("test/fixtures/servers/teller.ts"), place.serve("test/fixtures/servers/mirror.ts")]);
});
after(() => place.close());

type Told = { name: string; system: string | null; turns: Array<{ role: string; content: string; stopped?: true }> };
const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await place.cpipe(...args);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
};
const said = async (name: string): Promise<Array<string | boolean>[]> => {
  const { turns } = JSON.parse(await ok("--conversations", name, "--json")) as Told;
  return turns.map(({ role, content, stopped }) => [role, content, ...(stopped === true ? [stopped] : [])]);
};

/** What a line of sh writes to a terminal of its own. */
async function inTerminal(line: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const terminal = new Terminal(["sh", "-c", `cpipe() { "$NODE" "$CPIPE" "$@"; }; ${line}`], { env: { ...place.env, TERM: "xterm", NODE: process.execPath, CPIPE: program, ...env }, columns: 100 });
  try {
    return (await terminal.ended()).screen.replaceAll("\r\n", "\n");
  } finally {
    await terminal.close();
  }
}

describe("--conversation NAME", () => {
  it("sends what was said before, and keeps what is said, as `ask` and as `chat`", async () => {
    assert.equal(await ok("chat", "ask", "say one", "--conversation", "plain"), "one\n");
    assert.equal(await ok("chat", "ask", "history", "--conversation", "plain"), '[["user","say one"],["assistant","one"],["user","history"]]\n');
    await ok("chat", "chat", '{"messages": [{"role": "user", "content": "say two"}]}', "--conversation", "plain");
    assert.deepEqual((await said("plain")).filter((_, at) => at !== 3), [["user", "say one"], ["assistant", "one"], ["user", "history"], ["user", "say two"], ["assistant", "two"]]);
  });

  it("keeps what the model is to be, until that is said anew", async () => {
    await ok("chat", "ask", "say one", "--conversation", "cook", "-s", "A cook");
    assert.match(await ok("chat", "ask", "history", "--conversation", "cook"), /^\[\["system","A cook"\],/);
    assert.match(await ok("chat", "ask", "history", "--conversation", "cook", "-s", "A waiter"), /^\[\["system","A waiter"\],/);
    assert.equal((JSON.parse(await ok("--conversations", "cook", "--json")) as Told).system, "A waiter");
  });

  it("may go on with another tool, and sends its other arguments along", async () => {
    const sent = JSON.parse(await ok("mirror", "ask", "Hi", "--conversation", "plain", "--temperature", "0")) as { cmd: string; messages: unknown[]; temperature: number };
    assert.deepEqual([sent.cmd, sent.messages.at(-1), sent.temperature, Object.keys(sent).length], ["chat", { role: "user", content: "Hi" }, 0, 3]);
  });

  it("keeps an answer that was stopped, or broke off, as far as it came", async () => {
    const stopped = place.start("chat", "ask", "hold", "--conversation", "halves");
    stopped.stdin?.end();
    await says(stopped.stdout, "one");
    stopped.kill("SIGINT");
    assert.deepEqual((await once(stopped, "close"))[0], 130);
    assert.deepEqual(await said("halves"), [["user", "hold"], ["assistant", "one ", true]]);
    const { code } = await place.cpipe("chat", "ask", "nonsense", "--conversation", "halves");
    assert.equal(code, 1);
    assert.equal((await said("halves")).length, 2, "what was not answered at all is not kept");
    assert.match(await ok("--conversations", "halves"), /^## user\n\nhold\n\n## assistant \(stopped\)\n\none \n$/);
  });

  it("says so when it cannot be", async () => {
    for (const [args, message] of [
      [["--conversation", "a/b"], /a conversation's name has up to 64 letters/],
      [["--conversation", "x", "-c"], /give one of them/],
      [["--conversation", "x", "-n"], /a conversation needs the answer/],
      [["-c"], /there is no terminal here. Name one: --conversation NAME/],
    ] as const) {
      const { code, stderr } = await place.cpipe("chat", "ask", "say x", ...args);
      assert.deepEqual([code, message.test(stderr)], [2, true], stderr);
    }
  });
});

describe("-c", () => {
  it("goes on with the last conversation of this terminal, and of no other", async () => {
    const one = await inTerminal("cpipe chat ask -c --raw 'say one'; cpipe chat ask -c --raw history");
    assert.match(one, /"user","say one"\],\["assistant","one"\],\["user","history"/);
    const other = await inTerminal("cpipe chat ask --raw -c history");
    assert.match(other, /^\[\["user","history"\]\]/m);
    const named = await inTerminal("cpipe chat ask 'say named' --conversation mine; cpipe chat ask --raw -c history");
    assert.match(named, /"user","say named"/);
    assert.match(await ok("--conversations"), /\d-say-one +chat +2 .*say one/);
  });

  it("is still there in a pipeline", async () => {
    assert.match(await inTerminal("cpipe chat ask -c 'say one'; echo history | cpipe chat ask -c </dev/stdin | cat"), /"user","say one"\]/);
  });

  it("outlives the shell where a multiplexer names the pane, and only if it is this terminal's", async () => {
    const pane = { TERM_PROGRAM: "tmux", TMUX: "/tmp/tmux-0/default,1,0", TMUX_PANE: "%3" };
    await inTerminal("cpipe chat ask -c 'say pane'", pane);
    assert.match(await inTerminal("cpipe chat ask --raw -c history", pane), /"user","say pane"/);
    assert.doesNotMatch(await inTerminal("cpipe chat ask --raw -c history", { ...pane, TMUX_PANE: "%4" }), /say pane/);
    assert.doesNotMatch(await inTerminal("cpipe chat ask --raw -c history", { ...pane, TERM_PROGRAM: "WezTerm" }), /say pane/);
  });
});

describe("cpipe --conversations", () => {
  it("lists them as a table, and for programs", async () => {
    await ok("chat", "ask", "say a\u001b[31m", "--conversation", "listed");
    const [head, first] = (await ok("--conversations")).split("\n");
    assert.match(String(head), /^NAME +TOOL +TURNS +LAST +ABOUT$/);
    assert.match(String(first), /^listed +chat +1 +\d+s ago +say a \[31m$/);
    const { conversations } = JSON.parse(await ok("--conversations", "-j")) as { conversations: Array<Record<string, unknown>> };
    assert.deepEqual(Object.keys(conversations[0] ?? {}), ["name", "tool", "turns", "updated", "about"]);
  });

  it("shows one, rendered on a terminal only", async () => {
    await ok("chat", "ask", "say **bold**", "--conversation", "shown", "-s", "Be *kind*");
    assert.equal(await ok("--conversations", "shown"), "## system\n\nBe *kind*\n\n## user\n\nsay **bold**\n\n## assistant\n\n**bold**\n");
    const rendered = await inTerminal("cpipe --conversations shown");
    assert.ok(rendered.endsWith("── assistant\u001b[0m\n\u001b[1mbold\u001b[0m\n"), rendered);
    assert.match(await inTerminal("cpipe --conversations shown --raw"), /## assistant\n\n\*\*bold\*\*\n$/);
    assert.ok(!(await inTerminal("cpipe --conversations shown", { NO_COLOR: "1" })).includes("\u001b"));
  });

  it("deletes those that are named, and says which are not there", async () => {
    await ok("chat", "ask", "say x", "--conversation", "gone");
    const { code, stderr } = await place.cpipe("--conversations", "--delete", "nope", "gone", "nada");
    assert.equal(code, 1);
    assert.match(stderr, /no conversation 'nada'[^]*no conversation 'nope'/);
    assert.equal((await place.cpipe("--conversations", "gone")).code, 1);
    assert.equal((await place.cpipe("--conversations", "--delete")).code, 2);
    assert.equal((await place.cpipe("--conversations", "a", "b")).code, 2);
  });

  it("leaves out half a line, and says so", async () => {
    await ok("chat", "ask", "say x", "--conversation", "torn");
    appendFileSync(join(folder, "torn.jsonl"), '{"id":"1","ro');
    const { code, stdout, stderr } = await place.cpipe("chat", "ask", "history", "--conversation", "torn");
    assert.deepEqual([code, stdout], [0, '[["user","say x"],["assistant","x"],["user","history"]]\n']);
    assert.equal(stderr, "cpipe: torn: a line of its file could not be read, and was left out\n");
  });
});

describe("an answer on a terminal", () => {
  const order = "say # Title\\n- **one**\\n\\n```js\\nx\\n```\\n\u001b[31mred";
  it("is shown as its Markdown means, and no control character gets through", async () => {
    assert.equal(await inTerminal(`cpipe chat ask '${order}'`), "\u001b[1;4mTitle\u001b[0m\n• \u001b[1mone\u001b[0m\n\n  \u001b[2mjs\u001b[0m\n  \u001b[36mx\u001b[0m\n␛[31mred\n");
  });

  it("keeps its marks without colours, and is as it comes with --raw, on a dumb terminal, and for everybody else", async () => {
    const plain = order.slice(4, order.indexOf("\u001b")).replaceAll("\\n", "\n");
    assert.equal(await inTerminal(`cpipe chat ask '${order}'`, { NO_COLOR: "1" }), "# Title\n• **one**\n\n```js\nx\n```\n␛[31mred\n");
    const raw = `${plain}\u001b[31mred\n`;
    assert.equal(await inTerminal(`cpipe chat ask --raw '${order}'`), raw);
    assert.equal(await inTerminal(`cpipe chat ask '${order}'`, { TERM: "dumb" }), raw);
    assert.equal(await inTerminal(`cpipe chat ask '${order}' | cat`), raw);
  });

  it("that is to be JSON is as it comes", async () => {
    assert.equal(await inTerminal(`cpipe mirror ask --schema '{"type": "object"}' '*x*'`), '{"cmd":"ask","data":"*x*","schema":{"type":"object"}}\n');
  });

  it("is there as it comes, a word behind, and broken at the terminal's width", async () => {
    const terminal = new Terminal([process.execPath, program, "chat", "ask", "hold"], { env: { ...place.env, TERM: "xterm" }, columns: 40 });
    try {
      assert.match(await terminal.type("", /one/), /one/);
      assert.match(await terminal.type("\u0003", /\n/), /\n/);
      assert.equal((await terminal.ended()).code, 130);
    } finally {
      await terminal.close();
    }
    const words = Array.from({ length: 30 }, (_, at) => `word${at}`).join(" ");
    for (const line of (await inTerminal(`cpipe chat ask 'say ${words}'`)).split("\n")) assert.ok(line.length <= 100);
  });
});
