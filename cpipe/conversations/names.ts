import { readdirSync } from "node:fs";
import { places } from "../../pipes/protocol/places.ts";

export const ENDING = ".jsonl";
const NAME = /^(?![.-])[A-Za-z0-9._-]{1,64}$/;

/** Whether a conversation may be called so. */
export function isConversationName(name: string): boolean {
  return NAME.test(name);
}

/** The conversations that are kept, in no order; no file is opened. */
export function conversationNames(): string[] {
  return filesIn(places().conversations).flatMap((file) => (file.endsWith(ENDING) && NAME.test(file.slice(0, -ENDING.length)) ? [file.slice(0, -ENDING.length)] : []));
}

const TEMPLATE = /^([^.].*)\.(?:md|txt)$/;

/** The user's templates; no file is opened. */
export function templateNames(): string[] {
  return [...new Set(filesIn(places().templates).flatMap((file) => TEMPLATE.exec(file)?.[1] ?? []))].sort();
}

/** What has never been made has nothing in it. */
function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
