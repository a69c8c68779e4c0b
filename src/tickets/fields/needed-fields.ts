/** Fields that may be absent, but not from a request that is to be submitted in a certain way. */
import type { ValidationOptions } from "class-validator";
import type { Intent } from "../ports.ts";
import { says } from "./rules.ts";

export interface Need {
  /** True when a request that is submitted in this way needs the field. An update has no `unlessAlreadyOpened`. */
  isIn(way: Partial<Pick<Intent, "whenUnavailable" | "unlessAlreadyOpened">>): boolean;
  /** Rule that such a request breaks without the field. */
  told: ValidationOptions;
}

/** Without a key the caller could not learn the outcome, and a second call would be delivered as well. */
export const KEY_NEEDED: Need = {
  isIn: ({ whenUnavailable }) => whenUnavailable === "DELIVER_LATER",
  told: says("KEY_REQUIRED", "A request that may be delivered later must have an idempotency key."),
};

/** A voice ticket may come without its number. Then nobody can tell whether it is opened already. */
export const NUMBER_NEEDED: Need = {
  isIn: ({ unlessAlreadyOpened }) => unlessAlreadyOpened === true,
  told: says("REQUIRED", "This field must not be empty, so that the ticket is not opened twice."),
};
