import { useEffect, useState } from "preact/hooks";
import { NOT_CREATED_AFTER_MINUTES } from "../../../tickets/resolve.ts";
import { isResolved } from "../../../tickets/submission.ts";
import type { Asked } from "../server.ts";
import { type Answer, type Submission, act, mistakesIn, run, secondsSince } from "./state.ts";
import { Field } from "./values.tsx";
import { word } from "./words.ts";

/** Pause in typing after which the form is checked, in milliseconds. */
const CHECK_AFTER_MS = 300;

/** Form that does the same with one submission or several. A trial shows before what would happen. */
export function Actions({ rows }: { rows: readonly Submission[] }) {
  const [form, setForm] = useState({ action: "", created: "", number: "", note: "" });
  const [trials, setTrials] = useState<Record<string, Answer>>({});
  const { action, created, number, note } = form;
  const isVerdict = /created|applied/.test(action);
  const names = [...new Set(rows.flatMap(actionsFor))].filter(
    (name) => name !== "created" || rows.length === 1,
  );
  const commandFor = (row: Submission): Asked => ({
    command: isVerdict ? (isResolved(row) ? "correct" : "resolve") : action,
    options: isVerdict
      ? {
          [action]: action === "created" ? created : true,
          note: note || "-",
          ...(number && action === "created" && { number }),
        }
      : {},
  });
  const ready = rows.filter((row) =>
    isVerdict ? trials[row.id]?.refusal === "" : actionsFor(row).includes(action),
  );

  useEffect(() => {
    setTrials({});
    if (!isVerdict || (action === "created" && created === "")) return;
    let isStale = false;
    const timer = setTimeout(async () => {
      for (const row of rows) {
        const { command, options } = commandFor(row);
        const answer = await run(command, { ...options, "dry-run": true }, { id: row.id }).catch(() => ({}));
        if (isStale) return;
        setTrials((others) => ({ ...others, [row.id]: answer }));
      }
    }, CHECK_AFTER_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [...Object.values(form), rows.map(({ id }) => id).join()]);

  if (names.length === 0) return null;
  const mistakes = mistakesIn(Object.values(trials).find(({ refusal }) => refusal) ?? {});
  const field = (name: "created" | "number" | "note", label: string) => (
    <Field
      name={name}
      label={label}
      value={form[name]}
      mistake={mistakes[name]}
      onType={(value) => setForm({ ...form, [name]: value })}
    />
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void act(action, commandFor, ready);
      }}
    >
      <fieldset>
        <legend>{word(rows.every(isResolved) ? "correct" : "actions")}</legend>
        {names.map((name) => {
          const leftSeconds = name.startsWith("not-") && rows.length === 1 ? secondsLeft(rows[0]!) : 0;
          return (
            <label key={name}>
              <input
                type="radio"
                name="action"
                disabled={leftSeconds > 0}
                onChange={() => setForm({ ...form, action: name })}
              />
              {word(name)} {leftSeconds > 0 && `(${word("wait", clockOf(leftSeconds))})`}
            </label>
          );
        })}
        {action === "created" && [field("created", "ticketId"), field("number", "ticketNumber")]}
        {isVerdict && field("note", "note")}
        <ul aria-live="polite">
          {rows.map((row) => {
            const isReady = ready.includes(row);
            return (
              (isReady || trials[row.id]) && (
                <li key={row.id}>
                  {row.id}: {isReady ? word("would") : trials[row.id]?.refusal}
                </li>
              )
            );
          })}
        </ul>
        <button disabled={ready.length === 0 || (isVerdict && note.trim() === "")}>
          {word("submit", ready.length)}
        </button>
      </fieldset>
    </form>
  );
}

function actionsFor(row: Submission): string[] {
  if (row.state === "QUEUED") return ["retry", "cancel"];
  if (row.state !== "UNCERTAIN" && !isResolved(row)) return [];
  return row.requestedStatus === null ? ["created", "not-created"] : ["applied", "not-applied"];
}

/** Time until a doubt may be closed as not done. Corrections count from the doubt, which only the ledger knows. */
function secondsLeft(row: Submission): number {
  return row.state === "UNCERTAIN"
    ? NOT_CREATED_AFTER_MINUTES * 60 - secondsSince(row.settledAt ?? row.createdAt)
    : 0;
}

function clockOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
