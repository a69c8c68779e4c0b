/** Values as operators see them. Rows of the ledger may hold characters that a browser obeys or hides. */
import { useId, useState } from "preact/hooks";
import { printable } from "../../printable.ts";
import { state } from "./state.ts";
import { word } from "./words.ts";

/** Text of the ledger, with hidden characters as their numbers. It does not turn the text around it. */
export function Value({ of }: { of: string | number }) {
  return <bdi>{printable(String(of))}</bdi>;
}

/** Button that copies a number as it is shown. */
export function Copy({ of, name }: { of: string; name: string }) {
  const [copied, setCopied] = useState("");
  const copy = () => navigator.clipboard.writeText(printable(of)).then(() => setCopied(of));
  return (
    <button type="button" aria-label={`${word("copy")}: ${name}`} onClick={() => void copy()}>
      {word(copied === of ? "copied" : "copy")}
    </button>
  );
}

/** Time on both clocks: Sociomile's, with its zone's short name such as WITA, and UTC. */
export function Clock({ at }: { at: string }) {
  const clocks = [state.counts.page?.zone ?? "UTC", "UTC"].map((timeZone) => {
    const parts = new Intl.DateTimeFormat("id", { timeZone, timeZoneName: "short" }).formatToParts(
      new Date(at),
    );
    const { value } = parts.find(({ type }) => type === "timeZoneName")!;
    return `${new Date(at).toLocaleString("sv", { timeZone })} ${value}`;
  });
  return <time dateTime={at}>{clocks.join(" · ")}</time>;
}

interface FieldOptions {
  name: string;
  label?: string;
  value?: string | undefined;
  mistake?: string | undefined;
  onType?: (value: string) => void;
}

/** Line of text with its label, and the mistake in it. Without `onType`, the form reads it. */
export function Field({ name, label = name, value = "", mistake, onType }: FieldOptions) {
  const id = useId();
  return (
    <div key={onType ? name : value}>
      <label for={id}>{word(label)}</label>{" "}
      <input
        {...{ id, name, ...(onType ? { value } : { defaultValue: value }) }}
        autocomplete="off"
        aria-invalid={mistake !== undefined}
        aria-describedby={`${id}-mistake`}
        onInput={({ currentTarget }) => onType?.(currentTarget.value)}
      />{" "}
      <em id={`${id}-mistake`} role="status">
        {mistake}
      </em>
    </div>
  );
}

/** Saves rows as a file of the operator. */
export function save(name: string, text: string): void {
  const href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
}
