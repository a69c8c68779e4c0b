/** Rules that a value can break: a closed list, so that front ends can have a sentence of their own for each. */
export const InputRule = {
  REQUIRED: "REQUIRED",
  TOO_LONG: "TOO_LONG",
  TOO_SHORT: "TOO_SHORT",
  NOT_ONE_LINE: "NOT_ONE_LINE",
  CONTROL_CHARACTER: "CONTROL_CHARACTER",
  NOT_DIGITS: "NOT_DIGITS",
  NOT_AN_AMOUNT: "NOT_AN_AMOUNT",
  NOT_A_TIME: "NOT_A_TIME",
  NOT_A_DURATION: "NOT_A_DURATION",
  NOT_AN_EMAIL: "NOT_AN_EMAIL",
  NOT_A_PHONE: "NOT_A_PHONE",
  NOT_AN_ID: "NOT_AN_ID",
  NOT_A_KEY: "NOT_A_KEY",
  TWO_VALUES: "TWO_VALUES",
  CARD_NUMBER: "CARD_NUMBER",
  KEY_REQUIRED: "KEY_REQUIRED",
} as const;
export type InputRule = keyof typeof InputRule;

/** A broken rule. */
export interface Breach {
  rule: InputRule;
  /** Sentence for users that says what would be right. It never repeats the value. */
  message: string;
  /** Number in the rule, if it has one. */
  limit?: number;
}

/** Returns the rule that a value in form breaks, or null. */
export type Constraint = (value: unknown) => Breach | null;

const EMPTY: Breach = { rule: "REQUIRED", message: "This field must not be empty." };

/** Type of a field: the form into which its values are put, and the constraints that they then keep. */
export class FieldType {
  readonly #limit: number;
  readonly #form: (value: string) => string;
  readonly #constraints: readonly Constraint[];

  /** `limit`: most characters of a value in form. Text that is ten times as long is not looked at, because that takes time. */
  constructor(limit: number, form: (value: string) => string, ...constraints: Constraint[]) {
    this.#limit = limit;
    this.#form = form;
    this.#constraints = constraints;
  }

  /** Puts text into the form in which it is checked, stored and sent. */
  inForm(value: unknown): unknown {
    return typeof value === "string" && !this.#isFarTooLong(value) ? this.#form(value) : value;
  }

  /** Returns the first rule that a value in form breaks, or null. Empty text is for optional fields only, which are not checked then. */
  breach(value: unknown): Breach | null {
    if (value === "") return EMPTY;
    if (typeof value === "string" && this.#isFarTooLong(value)) return tooLong(this.#limit, value.length);
    for (const constraint of this.#constraints) {
      const breach = constraint(value);
      if (breach !== null) return breach;
    }
    if (typeof value !== "string" || value.length <= this.#limit) return null;
    const length = lengthOf(value);
    return length > this.#limit ? tooLong(this.#limit, length) : null;
  }

  #isFarTooLong(value: string): boolean {
    return value.length > 10 * this.#limit;
  }
}

function tooLong(limit: number, length: number): Breach {
  const message = `Please enter at most ${limit} characters instead of ${length}.`;
  return { rule: "TOO_LONG", message, limit };
}

/** Length in code points. A letter with an accent counts alike however it was typed. */
function lengthOf(value: string): number {
  return Array.from(value.normalize("NFC")).length;
}

/** Makes a constraint for text. Any other value breaks it, too. */
export function text(holds: (value: string) => boolean, breach: Breach): Constraint {
  return (value) => (typeof value === "string" && holds(value) ? null : breach);
}

export function matches(pattern: RegExp, rule: InputRule, message: string): Constraint {
  return text((value) => pattern.test(value), { rule, message });
}

/** Refuses text that holds one of these characters, and says where. */
export function withoutControls(pattern: RegExp): Constraint {
  return (value) => {
    const at = String(value).search(pattern);
    if (at < 0) return null;
    const lines = String(value)
      .slice(0, at)
      .split(/\r\n|\r|\n/);
    const place = `character ${Array.from(lines.at(-1)!).length + 1} of line ${lines.length}`;
    const message = `This text must not hold control characters or broken ones. Please remove or retype ${place}.`;
    return { rule: "CONTROL_CHARACTER", message };
  };
}

// Letters and symbols that render as nothing: Hangul fillers and the blank of Braille.
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\u115F\u1160\u3164\uFFA0\u2800]]/v;
/** Refuses text in which nothing can be seen. To its reader the field is empty. */
export const SEEN = text((value) => VISIBLE.test(value), EMPTY);
