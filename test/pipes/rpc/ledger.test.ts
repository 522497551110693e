import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { Ledger } from "../../../pipes/rpc/ledger.ts";
import { composeLedger, FORMAT, readLedger, type LedgerContents, type SessionRecord } from "../../../pipes/rpc/ledger-format.ts";
import { LineDecoder } from "../../../pipes/transport/frames.ts";
import { writeMappable } from "../../../pipes/transport/mapping.ts";

const folder = mkdtempSync(join(tmpdir(), "pipe-tools-ledger-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

/** A ledger as a server has it, with the bytes put where the kernel puts them. What is in the file is all that anybody else sees. */
class Server {
  readonly path: string;
  readonly ledger: Ledger;
  readonly entries: Array<NonNullable<ReturnType<Ledger["take"]>>> = [];
  readonly #decoder: LineDecoder;

  constructor(sessions: readonly SessionRecord[] = [], unread = "", onLine: (line: string, server: Server) => void = () => undefined) {
    this.path = join(folder, `ledger-${count++}`);
    writeMappable(this.path, composeLedger(sessions, Buffer.from(unread)));
    this.ledger = Ledger.open(this.path) ?? assert.fail("it is a fresh one");
    this.#decoder = new LineDecoder(1 << 20, (line, end) => {
      if (!this.ledger.line(line, end)) return;
      onLine(line, this);
      this.ledger.lineTaken();
    }, () => undefined);
  }

  /** As the server does: the chunk is read, its lines are taken, the turn ends later. */
  read(text: string | Buffer): void {
    const bytes = Buffer.from(text);
    bytes.copy(this.ledger.buffer);
    this.feed(this.ledger.buffer.subarray(0, bytes.length));
  }

  feed(bytes: Buffer): void {
    this.#decoder.push(bytes);
    this.ledger.taken(bytes.length, this.#decoder.unfinished);
  }

  run(line: string, again: boolean): void {
    const { pid, cmd, req_id } = JSON.parse(line) as { pid: number; cmd: string; req_id: unknown };
    this.entries.push(this.ledger.take({ pid, cmd, req_id, again }) ?? assert.fail("a line is being taken"));
  }

  get contents(): LedgerContents {
    return readLedger(readFileSync(this.path)) ?? assert.fail("it is a ledger");
  }

  get underWay(): Array<[string, boolean]> {
    return this.contents.underWay.map(({ line, again }) => [line.toString(), again]);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const request = (id: number, more = ""): string => `{"pid":7,"cmd":"x","req_id":${id}${more}}`;

test("what the kernel has put there is in the ledger before anybody has looked at it, half a line included", () => {
  const server = new Server();
  Buffer.from(`${request(1)}\n${request(2)}\n{"pid`).copy(server.ledger.buffer);
  assert.equal(server.contents.unread.toString(), `${request(1)}\n${request(2)}\n{"pid`);
});

test("a request is unread, then under way, then nothing; in the turn in which it was read and after it", async () => {
  const seen: string[] = [];
  const look = (server: Server): void => void seen.push(`${server.contents.unread.toString().trim().split("\n").filter(Boolean).length} ${JSON.stringify(server.underWay.map(([, again]) => again))}`);
  const server = new Server([], "", (line, at) => {
    look(at);
    at.run(line, line.includes("again"));
    look(at);
  });
  server.read(`${request(1)}\n${request(2, ',"how":"again"')}\n${request(3)}\n`);
  assert.deepEqual(seen, ["3 []", "2 [false]", "2 [false]", "1 [false,true]", "1 [false,true]", "0 [false,true,false]"]);
  server.entries[0]?.settle();
  assert.deepEqual(server.underWay, [[request(2, ',"how":"again"'), true], [request(3), false]]);
  await settled();
  assert.deepEqual(server.underWay, [[request(2, ',"how":"again"'), true], [request(3), false]]);
  server.entries[1]?.begun();
  assert.deepEqual(server.underWay[0]?.[1], false);
  server.entries[1]?.settle();
  server.entries[2]?.settle();
  assert.deepEqual(server.contents, { pid: process.pid, sessions: [], underWay: [], unread: Buffer.alloc(0), passing: 0 });
});

test("lines cut anywhere are whole again, whenever the process ends", async () => {
  const lines = [request(1), request(2, `,"text":"${"ü€😀".repeat(30)}"`), request(3)];
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
      const taken: string[] = [];
      const server = new Server([], "", (line) => taken.push(line));
      const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      for (const [at, end] of edges.slice(1).entries()) {
        const piece = bytes.subarray(edges[at], end);
        piece.copy(server.ledger.buffer);
        const before = taken.length;
        assert.equal(server.contents.unread.toString("latin1"), restAfter(before, end));
        server.feed(server.ledger.buffer.subarray(0, piece.length));
        await settled();
        assert.equal(server.contents.unread.toString("latin1"), restAfter(taken.length, end));
      }
      assert.deepEqual(taken, lines);
    }),
    { numRuns: 50 },
  );
  function restAfter(count: number, end: number): string {
    return bytes.subarray(Buffer.byteLength(lines.slice(0, count).map((line) => `${line}\n`).join("")), end).toString("latin1");
  }
});

test("the next one begins with what was left: the sessions, the lines, and half a line that the pipe completes", async () => {
  const sessions: SessionRecord[] = [{ pid: 4_194_303, dialect: "result", wants: ["progress", "tool_call", "tool_result"], torn: true }, { pid: 1, dialect: "event", wants: [], torn: false }];
  const taken: string[] = [];
  const server = new Server(sessions, `${request(1)}\n{"pid":7,"cm`, (line) => taken.push(line));
  assert.deepEqual(server.ledger.sessions, sessions);
  assert.equal(server.contents.unread.toString(), `${request(1)}\n{"pid":7,"cm`);
  server.feed(server.ledger.inbox);
  await settled();
  assert.equal(server.contents.unread.toString(), '{"pid":7,"cm');
  server.read('d":"x"}\n');
  await settled();
  assert.deepEqual(taken, [request(1), '{"pid":7,"cmd":"x"}']);
  assert.deepEqual(server.contents.sessions, sessions, "nobody has struck them out");
  server.ledger.strike(1);
  server.ledger.enrol({ pid: 9, dialect: "event", wants: ["queued"], torn: false });
  assert.deepEqual(server.contents.sessions.map(({ pid }) => pid), [4_194_303, 9]);
});

test("a line of many slots is there in full; one that is too long for any, or for the place of half a line, by what identifies it", async () => {
  const server = new Server([], "", (line, at) => at.run(line, true));
  const long = request(1, `,"text":"${"x".repeat(20_000)}"`);
  const longer = request(2, `,"text":"${"y".repeat(40_000)}"`);
  server.read(`${long}\n${longer}\n`);
  await settled();
  assert.deepEqual(server.underWay, [[long, true], [request(2), false]]);
  for (const entry of server.entries) entry.settle();
  assert.deepEqual(server.underWay, []);
  const beginning = request(3, `,"text":"${"z".repeat(60_000)}`);
  server.read(beginning);
  await settled();
  assert.deepEqual([server.underWay, server.contents.unread.length], [[[beginning.slice(0, FORMAT.heldBytes), false]], 0]);
  server.read('"}\n');
  await settled();
  assert.deepEqual(server.underWay, [[request(3), false]], "it was read in full and is under way");
});

test("more requests than there are slots cost nothing but their record, and slots are used again", async () => {
  const server = new Server([], "", (line, at) => at.run(line, true));
  const most = Array.from({ length: FORMAT.maxSlots + 5 }, (_, id) => `${request(id)}\n`).join("");
  for (let round = 0; round < 3; round++) {
    server.read(most);
    await settled();
    assert.equal(server.underWay.length, FORMAT.maxSlots);
    for (const entry of server.entries.splice(0)) entry.settle();
    assert.equal(server.underWay.length, 0);
  }
});

test("once it is halted, what was read and not taken stays for the next one", async () => {
  const server = new Server([], "", (line, at) => {
    at.run(line, true);
    at.ledger.halt();
  });
  server.read(`${request(1)}\n${request(2)}\n{"pi`);
  await settled();
  assert.deepEqual([server.entries.length, server.underWay.length], [1, 1]);
  server.entries[0]?.settle();
  assert.deepEqual(server.contents.underWay, []);
  assert.equal(server.contents.unread.toString(), `${request(2)}\n{"pi`);
});

test("a ledger that another process has taken is not taken again, and what is none is none", () => {
  const server = new Server();
  assert.equal(Ledger.open(server.path), null);
  assert.equal(readLedger(Buffer.alloc(FORMAT.inbox)), null);
  assert.equal(readLedger(Buffer.from("{}")), null);
});
