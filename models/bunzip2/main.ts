import unbzip2 from "unbzip2-stream";

/** Unpacks standard input to standard output, for machines without the program `bzip2`. */
const decoder = unbzip2();
decoder.on("error", (error: Error) => {
  process.stderr.write(`${error.message}\n`, () => process.exit(1));
});
// Who reads has gone; it knows why.
process.stdout.on("error", () => process.exit(1));
process.stdin.pipe(decoder).pipe(process.stdout);
