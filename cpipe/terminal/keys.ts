import { StringDecoder } from "node:string_decoder";

/** A key, or text that was pasted. */
export interface Key {
  /** `a`, `G`, `/`, `space`, `enter`, `tab`, `backspace`, `escape`, `up`, `page-down`, `ctrl-c`, `alt-b`, `ctrl-left`, `paste` … */
  readonly id: string;
  /** What it types; empty for a key that types nothing. */
  readonly text: string;
}

/** Turns what a terminal sends into keys. Sequences may come in pieces; an escape key is one only when nothing follows. */
export class KeyDecoder {
  readonly #utf8 = new StringDecoder("utf8");
  #rest = "";

  /** Whether something waits for its end. After a moment without more it has to be taken as it is: `flush`. */
  get pending(): boolean {
    return this.#rest !== "" && !this.#rest.startsWith(PASTE);
  }

  push(bytes: Uint8Array): Key[] {
    this.#rest += this.#utf8.write(Buffer.from(bytes));
    return this.#take(false);
  }

  flush(): Key[] {
    return this.#take(true);
  }

  #take(all: boolean): Key[] {
    const keys: Key[] = [];
    while (this.#rest !== "") {
      const found = next(this.#rest, all);
      if (found === null) break;
      const [key, length] = found;
      this.#rest = this.#rest.slice(length);
      if (key !== null) keys.push(key);
    }
    return keys;
  }
}

const PASTE = "\x1b[200~";
const PASTED = "\x1b[201~";
/** `CSI 1 ; 5 A`, `CSI 5 ~`, `SS3 A`, and `CSI 13 ; 2 u`. Source: ECMA-48 §5.4, xterm's ctlseqs "PC-Style Function Keys" and `formatOtherKeys`. */
// oxlint-disable-next-line no-control-regex -- it is the key's first character
const SEQUENCE = /^\x1b(?:\[([0-?]*)[ -/]*([@-~])|O([0-9;]*)([A-Za-z]))/;
// oxlint-disable-next-line no-control-regex
const UNFINISHED = /^\x1b(?:$|\[[0-?]*[ -/]*$|O[0-9;]*$)/;
const FINAL: Readonly<Record<string, string>> = { A: "up", B: "down", C: "right", D: "left", H: "home", F: "end", Z: "shift-tab", M: "enter", P: "f1", Q: "f2", R: "f3", S: "f4" };
const TILDE: Readonly<Record<string, string>> = { 1: "home", 2: "insert", 3: "delete", 4: "end", 5: "page-up", 6: "page-down", 7: "home", 8: "end", 11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5" };
const CONTROL: Readonly<Record<number, string>> = { 0: "ctrl-space", 8: "backspace", 9: "tab", 10: "ctrl-j", 13: "enter", 27: "escape", 28: "ctrl-\\", 29: "ctrl-]", 30: "ctrl-^", 31: "ctrl-_", 127: "backspace" };

/** The first key and its length; a null key is one that is nothing to us; null when its end has not come. */
function next(text: string, all: boolean): [Key | null, number] | null {
  if (!text.startsWith("\x1b")) {
    const char = String.fromCodePoint(text.codePointAt(0) ?? 0);
    return [keyOf(char), char.length];
  }
  if (text.startsWith(PASTE)) {
    const end = text.indexOf(PASTED);
    return end === -1 ? null : [{ id: "paste", text: text.slice(PASTE.length, end).replaceAll(/\r\n?/g, "\n") }, end + PASTED.length];
  }
  const match = SEQUENCE.exec(text);
  if (match !== null) return [special(match[1] ?? match[3] ?? "", match[2] ?? match[4] ?? ""), match[0].length];
  if (UNFINISHED.test(text) && !all) return null;
  if (text.length === 1 || text[1] === "\x1b") return [{ id: "escape", text: "" }, 1];
  const char = String.fromCodePoint(text.codePointAt(1) ?? 0);
  return [{ id: `alt-${keyOf(char).id}`, text: "" }, 1 + char.length];
}

function special(parameters: string, final: string): Key | null {
  if (/^[<-?]/.test(parameters)) return null; // a reply, or a mouse
  const [first = "", modifiers = "1"] = parameters.split(";");
  const name = final === "~" ? TILDE[first] : final === "u" ? (first === "13" ? "enter" : undefined) : FINAL[final];
  return name === undefined ? null : { id: `${modifier(Number(modifiers) - 1)}${name}`, text: "" };
}

/** Bits: 1 shift, 2 alt, 4 control. */
function modifier(bits: number): string {
  return `${bits & 4 ? "ctrl-" : ""}${bits & 2 ? "alt-" : ""}${bits & 1 ? "shift-" : ""}`;
}

function keyOf(char: string): Key {
  const code = char.codePointAt(0) ?? 0;
  if (char === " ") return { id: "space", text: " " };
  if (code >= 0x20 && code !== 0x7f) return { id: char, text: char };
  return { id: CONTROL[code] ?? `ctrl-${String.fromCharCode(code + 0x60)}`, text: "" };
}
