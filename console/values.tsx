/** Values as operators see them. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { session } from "./session.ts";
import { type Submission, numberOf, secondsSince, sinceOf, untilText } from "./state.ts";
import { clocksOf, printable } from "./text.ts";
import { durationText, word } from "./words.ts";

/** Time for which a button says that it has copied, in milliseconds. */
const COPIED_MS = 3000;
/** Time after its sending in which Sociomile may still execute a request, as the contract says. Minutes. */
const MAY_BE_EXECUTED_MINUTES = 15;

/** Text of the ledger, with hidden characters as their numbers. It does not turn the text around it. */
export function Value({ of }: { of: string | number }) {
  return <bdi>{printable(String(of))}</bdi>;
}

/** Kind of a submission with the first of its numbers. */
export function Name({ of }: { of: Submission }) {
  const [, name] = numberOf(of);
  return <Value of={`(${word(of.operation)} ${of[name] ?? ""})`} />;
}

/** Writes since when a submission is in its state. */
export function ageOf(row: Submission): string {
  return durationText(secondsSince(sinceOf(row)));
}

/** Ages from which what waits is marked, in hours: those at which an alert comes, and a day. */
const LATE: Readonly<Record<string, number>> = { UNCERTAIN: 0.25, QUEUED: 1 };
const OLD = 24;

/** Marks what waits too long. Undefined: it does not, or it is an update, which waits for nobody. */
export function ageMarkOf(row: Submission): "late" | "old" | undefined {
  const hours = secondsSince(sinceOf(row)) / 3600;
  if (row.requestedStatus !== null || hours < (LATE[row.state] ?? Infinity)) return undefined;
  return hours < OLD ? "late" : "old";
}

/** Writes the time left until nothing of a doubt can be executed any more. Only the ledger knows that of a correction. Empty: no time. */
export function waitFor(row: Submission): string {
  const seconds = MAY_BE_EXECUTED_MINUTES * 60 - secondsSince(sinceOf(row));
  return row.state !== "UNCERTAIN" || seconds <= 0 ? "" : word("wait", durationText(seconds, Math.ceil));
}

export function Copied({ of, name }: { of: string; name: string }) {
  const [copied, setCopied] = useState("");
  const copy = async () => {
    await navigator.clipboard.writeText(printable(of));
    setCopied(of);
    setTimeout(setCopied, COPIED_MS, "");
  };
  return (
    <button class="copy" aria-label={word("copy", name, printable(of))} onClick={() => void copy()}>
      <Value of={of} />
      <span role="status">{copied === of && word("copied")}</span>
    </button>
  );
}

export const clocksText = (at: string): string => clocksOf(new Date(at), session.settings.timeZone);

/** Writes how long ago a time was, or how much is left until then. */
export function momentText(at: string): string {
  const seconds = secondsSince(at);
  return seconds > 0 ? word("ago", durationText(seconds)) : untilText(at);
}

/** State of a submission in colour, shape and word, and a conflict beside it. */
export function Badges({ of }: { of: Submission }) {
  return [of.state, ...(of.conflictingTicketId ? ["conflict"] : [])].map((name) => (
    <span key={name} class={`badge ${name}`}>
      {word(name)}
    </span>
  ));
}

type FieldProps = Record<"name", string> & Partial<Record<"label" | "value" | "mistake" | "hint", string | undefined>>;

/** Line of text with its label, and the mistake in it or a hint. Its form reads it. */
export function Field({ name, label = name, value = "", mistake, hint }: FieldProps) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => void (input.current!.value = value), [value]); // before the next key arrives
  return (
    <div class="field">
      <label for={`field-${label}`}>{word(label)}</label>
      <input
        {...{ ref: input, id: `field-${label}`, name, type: "text", maxLength: 500 }}
        autocomplete="off"
        aria-invalid={mistake === undefined ? undefined : true}
        aria-describedby={`${label}-mistake`}
      />
      <small id={`${label}-mistake`} role="status" data-mistake={mistake !== undefined}>
        {mistake ?? hint}
      </small>
    </div>
  );
}

/** Leads the keyboard to the news when what it stood on is gone. */
export function toNews(): void {
  if (document.activeElement === document.body) document.getElementById("news")!.focus();
}
