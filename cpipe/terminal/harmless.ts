/**
 * The text with whatever could move the cursor, change the terminal or turn the order of what is read replaced by a
 * visible character, one for one, so that places in it stay. Tabs and line feeds are left.
 */
export function harmless(text: string): string {
  return HARMFUL.test(text) ? text.replaceAll(new RegExp(HARMFUL, "gu"), (char) => pictureOf(char.charCodeAt(0))) : text;
}

const HARMFUL = /(?![\t\n])[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function pictureOf(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : code === 0x2028 || code === 0x2029 ? "\u2424" : "\ufffd";
}
