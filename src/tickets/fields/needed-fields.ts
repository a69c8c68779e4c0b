/** Fields that may be absent, but not from a request that is to be submitted in a certain way. */
import type { WhenUnavailable } from "../request.ts";
import type { Breach } from "./field-type.ts";

/** Way in which a caller wants a request to be submitted. An update has no `unlessAlreadyOpened`. */
interface Way {
  whenUnavailable?: WhenUnavailable;
  unlessAlreadyOpened?: boolean;
}

/** Condition under which a field must have a value, and the rule that a request without it breaks. */
export interface Need {
  isNeeded: (way: Way) => boolean;
  breach: Breach;
}

/** Without a key the caller could not learn the outcome, and a second call would be delivered too. */
export const KEY_NEEDED: Need = {
  isNeeded: ({ whenUnavailable }) => whenUnavailable === "DELIVER_LATER",
  breach: {
    rule: "KEY_REQUIRED",
    message: "A request that may be delivered later must have an idempotency key.",
  },
};

/** A voice ticket may come without its number. Then nobody can tell whether it is opened already. */
export const NUMBER_NEEDED: Need = {
  isNeeded: ({ unlessAlreadyOpened }) => unlessAlreadyOpened === true,
  breach: {
    rule: "REQUIRED",
    message: "This field must not be empty, so that the ticket is not opened twice.",
  },
};
