/** The last lines in which a program said something, on one line. What counts up in place (`Time: …`) is no word. */
export function lastWords(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => line.replaceAll("\u001b[K", "").trim());
  return lines.filter((line) => line !== "" && !line.startsWith("Time: ")).slice(-2).join(" / ").slice(-400);
}
