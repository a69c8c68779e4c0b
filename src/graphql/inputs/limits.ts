import { MIN_CARD_DIGITS } from "../../tickets/fields/card-number.ts";
import { LIMITS } from "../../tickets/fields/limits.ts";

/** Constraints in words, for descriptions. */
export const WORDS = {
  oneLine: `One line of at most ${LIMITS.oneLine} characters, without invisible ones. White space around it is removed.`,
  longText: `At most ${LIMITS.longText} characters. Line breaks, tabs and blanks are kept.`,
  email: `One address in ASCII, at most ${LIMITS.email} characters.`,
  phone:
    `An optional +, then ${LIMITS.phoneDigits.min} to ${LIMITS.phoneDigits.max} digits. Blanks, dashes, dots, slashes and ` +
    "brackets are removed.",
  digits: `At most ${LIMITS.digits} digits. Blanks and dashes between digits are removed.`,
  amount:
    `At most ${LIMITS.rupiahDigits} digits and ${LIMITS.rupiahDecimals} decimals, without thousands separator and with a point ` +
    "before the decimals.",
  handlingTime: `Hours, minutes and seconds as H:MM:SS. Hours may exceed 23 and have up to ${LIMITS.handlingHoursDigits} digits.`,
  ticketId: `1 to ${LIMITS.ticketId} visible ASCII characters. White space around the id is removed.`,
  idempotencyKey:
    `${LIMITS.idempotencyKey.min} to ${LIMITS.idempotencyKey.max} characters of A-Z a-z 0-9 _ and -. A UUID is best. ` +
    `${MIN_CARD_DIGITS} digits in a row, also with _ or - between them, are refused, because they could be a card number.`,
} as const;
