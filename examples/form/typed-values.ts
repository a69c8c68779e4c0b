/**
 * Reads what people in Indonesia type or paste, for a service that takes canonical values alone: `Rp 200.000` becomes 200000, and 0812-3456-7890 becomes
 * 081234567890. The form shows how it was read before it is sent. What cannot be read stays as it is typed, and the service refuses it.
 */
import { NumberFormatter, NumberParser } from "@internationalized/number";
import { parsePhoneNumberFromString } from "libphonenumber-js";
import { isTime } from "./labels.ts";

export interface Reading {
  /** Text to send. */
  value: string;
  /** The same as people write it, or nothing. */
  shown: string;
}

const RUPIAH = {
  style: "currency",
  currency: "IDR",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
} as const;
const PARSER = new NumberParser("id-ID", RUPIAH);
const FORMATTER = new NumberFormatter("id-ID", RUPIAH);
/** Separators at places where Indonesians put none, as in 200,000.00 or 1.50: an amount that somebody else wrote. */
const OF_OTHERS = /\.(?!\d{3}(?!\d))|,(?!\d{1,2}$)/;
/** Amount that needs no reading. */
const CANONICAL = /^\d+(?:\.\d{1,2})?$/;

function readAmount(typed: string): Reading {
  const written = typed.trim().replace(/^(?:rp|idr)\.?/i, "");
  const number = written.replace(/,-$/, "");
  const read = () => (OF_OTHERS.test(number) ? NaN : PARSER.parse(number));
  const amount = CANONICAL.test(number) ? Number(number) : read();
  const cents = Math.round(amount * 100);
  if (!Number.isSafeInteger(cents) || cents < 0) return { value: typed, shown: "" }; // not exact, or none
  return { value: amount.toFixed(cents % 100 === 0 ? 0 : 2), shown: FORMATTER.format(amount) };
}

/** A number without a country's code is one of Indonesia. It is sent as it is written, without what stands between its digits. */
function readPhone(typed: string): Reading {
  const phone = parsePhoneNumberFromString(typed, { defaultCountry: "ID", extract: false });
  if (!phone?.isValid() || phone.ext) return { value: typed, shown: "" };
  const value = typed.trim().startsWith("+") ? phone.number : phone.formatNational().replaceAll(/\D/g, "");
  return { value, shown: phone.formatInternational() };
}

export function readTyped(field: string, typed: string): Reading {
  if (field === "amount") return readAmount(typed);
  if (field === "customerPhone") return readPhone(typed);
  return { value: isTime(field) && typed ? new Date(typed).toISOString() : typed, shown: "" }; // a time of the user's zone
}
