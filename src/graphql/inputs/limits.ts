import { LIMITS } from "../../tickets/fields/limits.ts";

const ONE_LINE = `One line of at most ${LIMITS.oneLine} characters. White space around it and invisible characters are removed, and tabs become blanks.`;
const NO_CARD = "A card number is refused.";

/** Constraints in words, for descriptions. */
export const WORDS = {
  oneLine: ONE_LINE,
  clearLine: `${ONE_LINE} ${NO_CARD}`,
  reference: `${ONE_LINE} ${NO_CARD} Numbers of the helpdesk and the branch are digits without separators.`,
  longText: `At most ${LIMITS.longText} characters. Line breaks, tabs and blanks are kept.`,
  email: `One address in ASCII, at most ${LIMITS.email} characters.`,
  phone:
    `An optional +, then ${LIMITS.phoneDigits.min} to ${LIMITS.phoneDigits.max} digits. Blanks, dashes, dots and brackets are ` +
    "removed. An extension or a second number is refused.",
  ticketNumber: `At most ${LIMITS.digits} digits, without separators. ${NO_CARD}`,
  accountNumber: `At most ${LIMITS.digits} digits. Blanks and dashes between digits are removed.`,
  cardNumber: `At most ${LIMITS.digits} digits. Blanks and dashes between groups of four are removed.`,
  amount:
    `At most ${LIMITS.rupiahDigits} digits and ${LIMITS.rupiahDecimals} decimals. Text may be written as people do: 200000,50 or ` +
    "Rp 200.000,50. What has two readings, such as 200.000, is refused.",
  handlingTime: `Hours, minutes and seconds as H:MM:SS. Hours may exceed 23 and have up to ${LIMITS.handlingHoursDigits} digits.`,
  ticketId: `1 to ${LIMITS.ticketId} visible ASCII characters. White space around the id is removed. ${NO_CARD}`,
  idempotencyKey:
    `${LIMITS.idempotencyKey.min} to ${LIMITS.idempotencyKey.max} characters of A-Z a-z 0-9 _ and -, not digits alone. A UUID is ` +
    `best. ${NO_CARD}`,
} as const;
