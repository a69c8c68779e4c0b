/** Fields that may be absent, but not from a request that is to be submitted in a certain way. */
import type { Intent } from "../ports.ts";
import type { Breach } from "./field-type.ts";

/** Returns the rule that a request without the field breaks, or null. An update has no `unlessAlreadyOpened`. */
export type Need = (way: Partial<Pick<Intent, "whenUnavailable" | "unlessAlreadyOpened">>) => Breach | null;

/** Without a key the caller could not learn the outcome, and a second call would be delivered too. */
export const NO_KEY: Breach = {
  rule: "KEY_REQUIRED",
  message: "A request that may be delivered later must have an idempotency key.",
};
export const keyNeeded: Need = ({ whenUnavailable }) => (whenUnavailable === "DELIVER_LATER" ? NO_KEY : null);

/** A voice ticket may come without its number. Then nobody can tell whether it is opened already. */
export const NO_NUMBER: Breach = {
  rule: "REQUIRED",
  message: "This field must not be empty, so that the ticket is not opened twice.",
};
export const numberNeeded: Need = ({ unlessAlreadyOpened }) => (unlessAlreadyOpened ? NO_NUMBER : null);
