/** Keys that ask for the same. */
export interface Binding<Action extends string> {
  readonly keys: readonly string[];
  readonly action: Action;
  /** For the help: the keys as people write them, and what they do; also those of the bindings that follow, where these have none. */
  readonly help?: readonly [keys: string, does: string];
}

export interface KeyTable<Action extends string> {
  /** What a key asks for, by its id. */
  readonly actionOf: (key: string) => Action | undefined;
  /** The rows of the help. */
  readonly help: ReadonlyArray<readonly [keys: string, does: string]>;
}

/** The keys of one program. */
export function keyTable<Action extends string>(bindings: readonly Binding<Action>[]): KeyTable<Action> {
  const actions = new Map(bindings.flatMap(({ keys, action }) => keys.map((key) => [key, action] as const)));
  return { actionOf: (key) => actions.get(key), help: bindings.flatMap(({ help }) => (help === undefined ? [] : [help])) };
}
