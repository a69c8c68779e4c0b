/** Values as operators see them. Rows of the ledger may hold characters that a browser obeys or hides. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { MAY_BE_EXECUTED_MINUTES } from "../../../tickets/ticket-updates.ts";
import { clocksOf, printable, sinceOf } from "../../printable.ts";
import { NUMBERS } from "./place.ts";
import { type Submission, secondsSince, state } from "./state.ts";
import { durationText, word } from "./words.ts";

/** Time for which a button says that it has copied, in milliseconds. */
const COPIED_MS = 3000;

/** Text of the ledger, with hidden characters as their numbers. It does not turn the text around it. */
export function Value({ of }: { of: string | number }) {
  return <bdi>{printable(String(of))}</bdi>;
}

/** Kind of a submission with the first of its numbers. */
export function Name({ of }: { of: Submission }) {
  const number = Object.values(NUMBERS).find((name) => of[name] != null);
  return <Value of={`(${word(of.operation)} ${number ? of[number] : ""})`} />;
}

/** Writes since when a submission is in its state. */
export function ageOf(row: Pick<Submission, "state" | "settledAt" | "createdAt">): string {
  return durationText(secondsSince(sinceOf(row)));
}

/** Says how long it takes until nothing of a doubt can be executed any more. Of a correction the ledger alone knows. Empty: no time. */
export function waitFor(row: Submission): string {
  const seconds = Math.ceil(MAY_BE_EXECUTED_MINUTES * 60 - secondsSince(sinceOf(row)));
  if (row.state !== "UNCERTAIN" || row.reason === "ORDER_UNKNOWN" || seconds <= 0) return "";
  return word("wait", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
}

/** Value with a button that copies it as it is shown. */
export function Copied({ of, name }: { of: string; name: string }) {
  const [copied, setCopied] = useState("");
  const copy = async () => {
    await navigator.clipboard.writeText(printable(of));
    setCopied(of);
    setTimeout(setCopied, COPIED_MS, "");
  };
  return (
    <>
      <Value of={of} />{" "}
      <button aria-label={`${word("copy")}: ${name}`} onClick={() => void copy()}>
        {word(copied === of ? "copied" : "copy")}
      </button>
    </>
  );
}

/** Writes a time by the clocks of Sociomile and of UTC. */
export function clockOf(at: string, zone = state.counts.page?.zone ?? "UTC"): string {
  return clocksOf(new Date(at), zone);
}

export function Clock({ at }: { at: string }) {
  const zone = state.counts.page?.zone ?? "UTC";
  const text = useMemo(() => clockOf(at, zone), [at, zone]);
  return <time dateTime={at}>{text}</time>;
}

type FieldProps = { name: string } & Partial<Record<"label" | "value" | "mistake", string | undefined>>;

/** Line of text with its label, and the mistake in it. Its form reads it. */
export function Field({ name, label = name, value = "", mistake }: FieldProps) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => void (input.current!.value = value), [value]); // before the next key arrives
  return (
    <div>
      <label for={label}>{word(label)}</label>{" "}
      <input
        {...{ ref: input, id: label, name, size: 26, maxLength: 500 }}
        autocomplete="off"
        aria-invalid={mistake !== undefined}
        aria-describedby={`${label}-mistake`}
      />{" "}
      <em id={`${label}-mistake`} role="status">
        {mistake}
      </em>
    </div>
  );
}

/** Leads the keyboard to the news when what it stood on is gone. */
export function toNews(): void {
  if (document.activeElement === document.body) document.getElementById("news")!.focus();
}
