/** Values as operators see them. Rows of the ledger may hold characters that a browser obeys or hides. */
import { useMemo, useState } from "preact/hooks";
import { clocksOf, printable } from "../../printable.ts";
import { state } from "./state.ts";
import { word } from "./words.ts";

/** Text of the ledger, with hidden characters as their numbers. It does not turn the text around it. */
export function Value({ of }: { of: string | number }) {
  return <bdi>{printable(String(of))}</bdi>;
}

/** Value with a button that copies it as it is shown. */
export function Copied({ of, name }: { of: string; name: string }) {
  const [copied, setCopied] = useState("");
  const copy = () => void navigator.clipboard.writeText(printable(of)).then(() => setCopied(of));
  return (
    <>
      <Value of={of} />{" "}
      <button aria-label={`${word("copy")}: ${name}`} onClick={copy}>
        {word(copied === of ? "copied" : "copy")}
      </button>
    </>
  );
}

export function Clock({ at }: { at: string }) {
  const zone = state.counts.page?.zone ?? "UTC";
  const text = useMemo(() => clocksOf(new Date(at), zone), [at, zone]);
  return <time dateTime={at}>{text}</time>;
}

type FieldProps = { name: string } & Partial<Record<"label" | "value" | "mistake", string | undefined>>;

/** Line of text with its label, and the mistake in it. Its form reads it. */
export function Field({ name, label = name, value = "", mistake }: FieldProps) {
  return (
    <div key={value}>
      <label for={label}>{word(label)}</label>{" "}
      <input
        {...{ id: label, name, defaultValue: value, size: 26, maxLength: 500 }}
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
