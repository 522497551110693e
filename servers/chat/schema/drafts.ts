import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";

const OPTIONS = { strict: false, verbose: true, validateFormats: false, logger: false } as const;

/** Of JSON Schema's drafts; each has a schema of schemas, which takes a moment to compile, so they stay. */
export const older = new Ajv(OPTIONS);
export const latest: Ajv = new Ajv2020(OPTIONS);
