import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { Bm25 } from "../../servers/vector/store/bm25.ts";
import { RowSet } from "../../servers/vector/store/rowset.ts";
import { countTerms } from "../../servers/vector/terms.ts";
import { libsql, type Sql } from "./installed.ts";
import { takeTurns, type Times, type Way } from "./times.ts";
import type { Words } from "./words.ts";

const WORDS = 80;
export const LENGTHS = [1, 2, 6] as const;
const QUERIES = 200;
const K = 10;

export interface TextRival {
  readonly title: string;
  readonly build: number;
  /** By how many words a query has. */
  readonly times: Readonly<Record<string, Times>>;
}

export interface TextRivals {
  readonly passages: number;
  readonly words: number;
  readonly rivals: readonly TextRival[];
}

interface Contender {
  readonly title: string;
  readonly foreign?: boolean;
  readonly open: (passages: readonly string[], folder: string) => (query: string) => unknown;
}

/** The search by words alone, in this process, beside FTS5; they take turns. */
export async function measureWords(folder: string, passages: number, words: Words, rivals: boolean, say: (text: string) => void): Promise<TextRivals> {
  const texts = Array.from({ length: passages }, (_, i) => words.text(i, WORDS));
  const queries = LENGTHS.map((length) => Array.from({ length: QUERIES }, (_, i) => words.query(i, length)));
  const contenders = CONTENDERS.filter(({ foreign }) => rivals || foreign !== true);
  const ways: Record<string, Way> = {};
  const builds = contenders.map(({ title, open }) => {
    say(`${passages} passages: ${title}`);
    const begun = performance.now();
    const search = open(texts, folder);
    const build = performance.now() - begun;
    for (const [n, length] of LENGTHS.entries()) ways[`${title} ${length}`] = (turn) => search(queries[n]![turn % QUERIES]!);
    return { title, build };
  });
  const times = await takeTurns(ways, { rounds: 6, ms: 250 });
  return { passages, words: WORDS, rivals: builds.map((each) => ({ ...each, times: Object.fromEntries(LENGTHS.map((length) => [length, times[`${each.title} ${length}`]!])) })) };
}

const CONTENDERS: readonly Contender[] = [
  {
    title: "ours: postings in memory",
    open(passages) {
      const index = new Bm25();
      const rows = new RowSet();
      for (const [row, text] of passages.entries()) {
        index.add(row, countTerms(text));
        rows.add(row);
      }
      return (query) => index.search(countTerms(query), rows, K);
    },
  },
  { title: "FTS5 of @photostructure/sqlite", open: (passages, folder) => fts5(new DatabaseSync(join(folder, "fts5.sqlite")), passages) },
  { title: "FTS5 of libsql", foreign: true, open: (passages, folder) => fts5(libsql(join(folder, "libsql.sqlite")), passages) },
];

/** Stems as ours does, and finds what has any of the words. */
function fts5(db: Sql, passages: readonly string[]): (query: string) => unknown {
  db.exec("create virtual table passage using fts5(text, content = '', tokenize = 'porter unicode61'); begin");
  const insert = db.prepare("insert into passage (rowid, text) values (?, ?)");
  for (const [row, text] of passages.entries()) insert.run(row + 1, text);
  db.exec("commit");
  const find = db.prepare(`select rowid, rank from passage where passage match ? order by rank limit ${K}`);
  const kept = { db, find }; // a statement does not keep its database from being collected
  return (query) => kept.find.all(query.split(" ").map((word) => `"${word}"`).join(" OR "));
}
