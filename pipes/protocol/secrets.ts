/** Settings as they may be shown: what opens a door is replaced, wherever it stands. */
export function withoutSecrets(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, typeof value === "string" && SECRET.test(key) ? HIDDEN : shown(value)]));
}

export const HIDDEN = "(hidden)";

/** By the end of a name: `apiKey`, `uriKey`, `HF_TOKEN`, `password`; not `maxTokens`. */
const SECRET = /(?:key|token|secret|password)$/i;
/** The name and the password in an address. */
const CREDENTIALS = /^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i;
const ADDRESS = /^[a-z][a-z\d+.-]*:\/\//i;
/** A secret behind the question mark of one; `sig` is Azure's word for it. */
const IN_QUERY = /([?&][^?&#=]*(?:key|token|secret|password|sig)=)[^&#]+/gi;

function shown(value: unknown): unknown {
  if (typeof value === "string") return ADDRESS.test(value) ? value.replace(CREDENTIALS, "$1").replaceAll(IN_QUERY, `$1${HIDDEN}`) : value;
  if (Array.isArray(value)) return value.map(shown);
  return typeof value === "object" && value !== null ? withoutSecrets(value as Record<string, unknown>) : value;
}
