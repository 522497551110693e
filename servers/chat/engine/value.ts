/** What came of a call, as the model is told: what is JSON as such, lest it be quoted twice. */
export function valueOf(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
