/** The files of a model's folder by their names. */
export type ModelFiles = Readonly<Record<string, Buffer | string>>;
