/** A word that may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** The names of files may stand there, too. */
  readonly files: boolean;
}

export const NOTHING: Completion = { candidates: [], files: false };
export const FILES: Completion = { candidates: [], files: true };

/** Both of them. */
export function both(...completions: readonly Completion[]): Completion {
  return { candidates: completions.flatMap(({ candidates }) => candidates), files: completions.some(({ files }) => files) };
}

/** Words without a description. */
export function words(...values: readonly string[]): Completion {
  return { candidates: values.map((value) => ({ value, description: "" })), files: false };
}

/** As values of `--flag=`. */
export function inline(flag: string, { candidates, files }: Completion): Completion {
  return { candidates: candidates.map(({ value, description }) => ({ value: `${flag}=${value}`, description })), files };
}
