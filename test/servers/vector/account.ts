import assert from "node:assert/strict";
import type { Item, Row } from "../../../pipes/protocol/interfaces/vector.ts";

/** What a row is known to be: as it was acknowledged, and as what was asked and not answered may have made it. null: it is not there. */
interface Known {
  sure: Item | null;
  readonly possible: (Item | null)[];
}

/** What clients have asked of one collection, and been told. Ids are one writer's each, so of one id one request is under way at a time. */
export class Account {
  readonly #rows = new Map<string, Known>();
  readonly #onTold: () => void;

  constructor(onTold: () => void) {
    this.#onTold = onTold;
  }

  asked(id: string, row: Item | null): void {
    const known = this.#rows.get(id) ?? { sure: null, possible: [] };
    known.possible.push(row);
    this.#rows.set(id, known);
  }

  told(id: string): void {
    const known = this.#rows.get(id)!;
    known.sure = known.possible.at(-1)!;
    known.possible.length = 0;
    this.#onTold();
  }

  clear(): void {
    this.#rows.clear();
  }

  /** Everything that was acknowledged is there, nothing that was not asked for; what was open is known from now on. */
  settle(found: readonly Row[]): void {
    const rows = new Map(found.map((row) => [row.id, row]));
    assert.equal(rows.size, found.length, "an id is there twice");
    for (const [id, known] of this.#rows) {
      const row = rows.get(id) ?? null;
      const fits = [known.sure, ...known.possible].find((each) => isSame(each, row));
      assert.notEqual(fits, undefined, `${id} is ${JSON.stringify(row)}, and may be ${JSON.stringify(known)}`);
      known.sure = fits!;
      known.possible.length = 0;
      rows.delete(id);
    }
    assert.deepEqual([...rows.keys()], [], "rows that nobody has asked for");
  }
}

function isSame(asked: Item | null, row: Row | null): boolean {
  if (asked === null || row === null) return asked === row;
  const sameVector = asked.vector === undefined || (row.vector?.length === asked.vector.length && row.vector.every((number, i) => number === Math.fround(asked.vector![i]!)));
  return asked.text === row.text && JSON.stringify(asked.metadata) === JSON.stringify(row.metadata) && sameVector;
}
