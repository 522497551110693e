export { distance, suggest } from "../../pipes/protocol/suggest.ts";
