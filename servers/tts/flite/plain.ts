/** Signs that Flite does not know, as those that it does. */
const SAID: Readonly<Record<string, string>> = {
  "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": ", ", "—": ", ", "…": "...", "−": " minus ", "×": " times ", "÷": " divided by ", "±": " plus or minus ",
  "≤": " at most ", "≥": " at least ", "≠": " is not ", "≈": " about ", "→": " to ", "°": " degrees ", "€": " euros ", "£": " pounds ", "¥": " yen ", "©": " copyright ", "®": "", "™": "",
  "½": " one half ", "¼": " one quarter ", "¾": " three quarters ", "²": " squared ", "³": " cubed ", "µ": " micro ", "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d", "ð": "d", "þ": "th",
  "。": ". ", "！": "! ", "？": "? ", "，": ", ", "、": ", ", "；": "; ", "：": ": ", "•": ", ", "\u00A0": " ",
};

/** The text in ASCII, which is all that Flite reads; letters lose their accents, and what remains of other scripts is left out. */
export function plain(text: string): string {
  return text.replaceAll(/[^ -~]/g, (sign) => SAID[sign] ?? sign).normalize("NFKD").replaceAll(/\p{M}/gu, "").replaceAll(/[^ -~]/g, " ").replaceAll(/ {2,}/g, " ").trim();
}
