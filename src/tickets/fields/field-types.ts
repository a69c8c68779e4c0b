/** Types of fields that people and programs fill in. Each has a form and constraints. The numbers in messages come from LIMITS. */
import { joinedDigits, trimmed } from "./forms.ts";
import { LIMITS } from "./limits.ts";

/** Returns null for a right value, else a sentence that says what would be right. The sentence never repeats the value. */
export type Constraint = (value: unknown) => string | null;

/** Type of a field: the form into which its values are put, and the constraints that they then keep. */
export class FieldType {
  readonly #form: (value: string) => string;
  readonly #constraints: readonly Constraint[];

  constructor(form: (value: string) => string, constraints: readonly Constraint[]) {
    this.#form = form;
    this.#constraints = constraints;
  }

  /** Puts text into the form in which it is checked, stored and sent. */
  inForm(value: unknown): unknown {
    return typeof value === "string" ? this.#form(value) : value;
  }

  /** Returns the sentence of the first constraint that a value in form breaks, or null. */
  breach(value: unknown): string | null {
    for (const constraint of this.#constraints) {
      const sentence = constraint(value);
      if (sentence !== null) return sentence;
    }
    return null;
  }
}

export function text(holds: (value: string) => boolean, sentence: (value: string) => string): Constraint {
  return (value) => {
    const asText = typeof value === "string" ? value : "";
    return asText === value && holds(asText) ? null : sentence(asText);
  };
}

export function matches(pattern: RegExp, sentence: string): Constraint {
  return text(
    (value) => pattern.test(value),
    () => sentence,
  );
}

export function without(pattern: RegExp, sentence: (place: { character: number; line: number }) => string) {
  return text(
    (value) => !pattern.test(value),
    (value) => {
      const before = value.slice(0, value.search(pattern));
      return sentence({
        character: lengthOf(before) + 1,
        line: before.split(/\r\n|\r|\n/).length,
      });
    },
  );
}

export function atMost(limit: number): Constraint {
  return text(
    (value) => value.length <= limit || lengthOf(value) <= limit,
    (value) => `The text must have at most ${limit} characters. It has ${lengthOf(value)}.`,
  );
}

/** Length in code points. */
function lengthOf(value: string): number {
  return Array.from(value).length;
}

// Letters and symbols that render as nothing: Hangul fillers and the blank of Braille.
export const VISIBLE = matches(
  /[[\p{L}\p{N}\p{P}\p{S}]--[\u115F\u1160\u3164\uFFA0\u2800]]/v,
  "The text must hold something that can be seen, such as a letter or a digit.",
);
// A lone surrogate has no UTF-8 form, so Sociomile would get something else.
export const WELL_FORMED = without(
  /\p{Cs}/u,
  ({ character }) =>
    `The text must be well-formed Unicode. Remove character ${character}, which is half of a pair.`,
);
// \p{DI} holds what is never shown, such as zero-width spaces, bidirectional controls and tags. Emoji need variation selectors
// (\p{VS}) and joiners (U+200C, U+200D), and some scripts need joiners. After ASCII only keycaps (U+20E3) need a selector.
export const ONE_LINE = without(
  /[\p{Cc}\p{Zl}\p{Zp}[\p{DI}--[\p{VS}\u200C\u200D]]]|(?<=[ -~])(?:[\u200C\u200D]|\p{VS}(?!\u20E3))/v,
  ({ character }) =>
    "The text must be one line without tabs and invisible characters, such as Cabang Utama. " +
    `Remove or replace character ${character}.`,
);
const DIGITS = matches(
  new RegExp(`^[0-9]{1,${LIMITS.digits}}$`),
  `The value must be 1 to ${LIMITS.digits} digits, such as 826282. Sociomile takes digits only.`,
);
const TICKET_ID = matches(
  new RegExp(`^[\\x21-\\x7e]{1,${LIMITS.ticketId}}$`),
  `The value must be the id of a ticket in Sociomile, such as 690d950c5f287ad0ff3bd9d5: 1 to ${LIMITS.ticketId} visible ` +
    "ASCII characters.",
);

export const REQUIRED_LINE = new FieldType(trimmed, [VISIBLE, WELL_FORMED, ONE_LINE, atMost(LIMITS.oneLine)]);
export const DIGITS_ONLY = new FieldType(joinedDigits, [DIGITS]);
export const A_TICKET_ID = new FieldType(trimmed, [TICKET_ID]);
