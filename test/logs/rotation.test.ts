import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { openLog } from "../../daemon/logs/file.ts";
import { canTakeFront } from "../daemon/logs/front.ts";
import { rotate } from "../../daemon/logs/rotate.ts";
import { Bookmark } from "../../logs/bookmark.ts";
import { followLog } from "../../logs/follow.ts";

const fixture = (name: string): string => join(import.meta.dirname, "../fixtures/processes", name);
const LINES = 6000;
/** What the disk of this machine is, which can take a file's front away where it is ext4 or XFS, and memory, which cannot. */
const PLACES = [tmpdir(), "/dev/shm"].filter((place) => existsSync(place));

function folder(t: TestContext, place: string): string {
  const path = mkdtempSync(join(place, "pipe-tools-test-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe("following a log that another process writes and a third one rotates", () => {
  for (const place of PLACES) {
    it(`repeats nothing and loses nothing that the rotation keeps (${place})`, async (t) => {
      const path = join(folder(t, place), "a.log");
      writeFileSync(path, "");
      const rotating = spawn(process.execPath, ["--import", "tsx", fixture("rotate.ts"), path, "20000"], { stdio: ["pipe", "pipe", "inherit"] });
      let rotations = "";
      await once(rotating.stdout, "data"); // it is ready
      rotating.stdout.on("data", (text: Buffer) => (rotations += text.toString()));
      const abort = new AbortController();
      const numbers: number[] = [];
      const following = (async () => {
        for await (const { n } of followLog(path, {}, abort.signal, { persistent: true })) {
          numbers.push(n as number);
          if (n === LINES - 1) abort.abort();
        }
      })();
      const fd = openLog(path);
      spawn(process.execPath, [fixture("write-lines.mjs"), String(LINES), "10", "1"], { stdio: ["ignore", fd, "inherit"] });
      closeSync(fd);
      await following;
      rotating.stdin.end();
      await once(rotating, "close");
      assert.ok(Number(rotations) >= 5, `${rotations} rotations`);
      assert.deepEqual(numbers.filter((n, at) => at > 0 && n <= (numbers[at - 1] ?? -1)), [], "none twice, and in order");
      // Where the log is cut to nothing, what is written in that moment is lost to everybody.
      const lost = LINES - numbers.length;
      assert.ok(lost < (canTakeFront(path) ? 1 : LINES / 10), `${lost} of ${LINES} lines lost`);
      t.diagnostic(`${lost} of ${LINES} lines lost in ${rotations.trim()} rotations`);
    });
  }
});

describe("a bookmark in a log", () => {
  for (const place of PLACES) {
    it(`finds its place again after one rotation or several, wherever it was (${place})`, async (t) => {
      const lines = Array.from({ length: 2000 }, (_, n) => `line ${n} ${"x".repeat(n % 50)}\n`);
      for (const read of [0, 1, 300, 999, 1000]) {
        for (const turns of [1, 2, 3]) {
          const path = join(folder(t, place), "a.log");
          writeFileSync(path, lines.slice(0, read).join(""));
          const bookmark = new Bookmark(path);
          const seen: string[] = [];
          for (let turn = 0, at = read; turn < turns; turn++, at += 300) {
            writeFileSync(path, lines.slice(at, at + 300).join(""), { flag: "a" });
            await rotate(path, { maxBytes: 100, keep: 9 });
          }
          seen.push(bookmark.take().toString());
          writeFileSync(path, lines.slice(read + turns * 300, read + turns * 300 + 10).join(""), { flag: "a" });
          seen.push(bookmark.take().toString());
          assert.equal(seen.join("").replaceAll(/^\n+/gm, ""), lines.slice(read, read + turns * 300 + 10).join(""), `read ${read}, ${turns} rotations`);
        }
      }
    });
  }

  it("goes on when what was read is left in front, because it came while the rest was copied", async (t) => {
    const path = join(folder(t, tmpdir()), "a.log");
    const lines = Array.from({ length: 1000 }, (_, n) => `line ${n}\n`);
    writeFileSync(path, lines.join(""));
    // As takeFront leaves it: the copy ends with the line across the edge, and of that line only line ends are left.
    const whole = lines.join("");
    const edge = whole.indexOf("\n", 4096) + 1;
    const bookmark = new Bookmark(path);
    writeFileSync(`${path}.1`, whole.slice(0, edge));
    writeFileSync(path, "\n".repeat(edge - 4096) + whole.slice(edge) + "next\n");
    assert.equal(bookmark.take().toString(), "next\n");
  });

  it("takes nothing twice while a rotation is half done, in any of its steps", (t) => {
    const path = join(folder(t, tmpdir()), "a.log");
    const whole = Array.from({ length: 1000 }, (_, n) => `line ${n}\n`).join("");
    writeFileSync(path, whole);
    const bookmark = new Bookmark(path);
    const more = "more\n";
    writeFileSync(path, whole + more);
    const copied = whole.length + more.length;
    const gone = Math.floor((copied - 1) / 4096) * 4096;
    const edge = (whole + more).indexOf("\n", gone - 1) + 1;
    writeFileSync(`${path}.1`, whole + more); // put aside, not cut yet
    assert.equal(bookmark.take().toString(), more);
    writeFileSync(path, (whole + more).slice(gone) + "one\n"); // cut, the copy not shortened yet
    assert.equal(bookmark.take().toString(), "one\n");
    writeFileSync(`${path}.1`, (whole + more).slice(0, edge));
    writeFileSync(path, "\n".repeat(edge - gone) + (whole + more).slice(edge) + "one\ntwo\n");
    assert.equal(bookmark.take().toString(), "two\n");
  });

  it("begins at the front of a log that was cut by hand", (t) => {
    const path = join(folder(t, tmpdir()), "a.log");
    writeFileSync(path, "one\ntwo\n");
    const bookmark = new Bookmark(path);
    writeFileSync(path, "three\n");
    assert.equal(bookmark.take().toString(), "three\n");
    assert.equal(bookmark.take().toString(), "");
  });
});
