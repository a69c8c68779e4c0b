import { useEffect, useState } from "preact/hooks";
import { NOT_CREATED_AFTER_MINUTES } from "../../../tickets/resolve.ts";
import { isResolved } from "../../../tickets/submission.ts";
import type { Asked } from "../server.ts";
import { type Answer, type Submission, act, mistakesIn, run, secondsSince } from "./state.ts";
import { Field } from "./values.tsx";
import { word } from "./words.ts";

/** Pause in typing after which the form is checked, in milliseconds. */
const CHECK_AFTER_MS = 300;

/** Form that does the same with one submission or several. For verdicts, a trial shows before what would happen. */
export function Actions({ rows }: { rows: readonly Submission[] }) {
  const [form, setForm] = useState({ action: "", created: "", number: "", note: "" });
  const [trials, setTrials] = useState<Record<string, Answer>>({});
  const change = (changes: Partial<typeof form>) => setForm((now) => ({ ...now, ...changes }));
  const { action, created, number, note } = form;
  const isVerdict = /created|applied/.test(action);
  const ticket = { created, ...(number && { number }) };
  const asked = ({ id, ...row }: Submission, trial = {}): Asked => ({
    command: !isVerdict ? action : isResolved(row) ? "correct" : "resolve",
    options: isVerdict
      ? { ...(action === "created" ? ticket : { [action]: true }), note: note || "-", ...trial }
      : {},
    id,
    ...(row.settledAt && { seen: row.settledAt }),
  });
  const isReady = (row: Submission) =>
    isVerdict ? trials[row.id]?.refusal === "" : actionsFor(row).includes(action);
  const ready = rows.filter(isReady);

  useEffect(() => {
    setTrials({});
    let isStale = !isVerdict || (action === "created" && created === "");
    const timer = setTimeout(async () => {
      for (const row of rows) {
        if (isStale) return;
        const { command, options, ...more } = asked(row, { "dry-run": true });
        const answer = await run(command, options, more).catch(() => ({}));
        if (!isStale) setTrials((others) => ({ ...others, [row.id]: answer }));
      }
    }, CHECK_AFTER_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [...Object.values(form), rows.map(({ id }) => id).join()]);

  const names = [...new Set(rows.flatMap(actionsFor))].filter(
    (name) => name !== "created" || rows.length === 1,
  );
  if (names.length === 0) return null;
  const mistakes = mistakesIn(Object.values(trials).find(({ refusal }) => refusal) ?? {});
  const field = (name: "created" | "number" | "note", label: string) => (
    <Field
      {...{ name, label, value: form[name], mistake: mistakes[name] }}
      onType={(value) => change({ [name]: value })}
    />
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void act(asked, ready);
      }}
    >
      <fieldset>
        <legend>{word(rows.every(isResolved) ? "correct" : "actions")}</legend>
        {names.map((name) => {
          const wait = name.startsWith("not-") && rows.length === 1 ? waitFor(rows[0]!) : "";
          return (
            <label key={name}>
              <input
                type="radio"
                name="action"
                disabled={wait !== ""}
                onChange={() => change({ action: name })}
              />
              {word(name)} {wait}
            </label>
          );
        })}
        {action === "created" && [field("created", "ticketId"), field("number", "ticketNumber")]}
        {isVerdict && field("note", "note")}
        <ul>
          {rows.map(({ id }, nth) => (
            <li key={id}>
              {id}: {isReady(rows[nth]!) ? word("would") : trials[id]?.refusal}
            </li>
          ))}
        </ul>
        <button disabled={ready.length === 0 || (isVerdict && note === "")}>
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

/** Says how long it takes until a doubt may be closed as not done. Of a correction the ledger alone knows. Empty: no time. */
function waitFor({ state, settledAt, createdAt }: Submission): string {
  const seconds = Math.ceil(NOT_CREATED_AFTER_MINUTES * 60 - secondsSince(settledAt ?? createdAt));
  if (state !== "UNCERTAIN" || seconds <= 0) return "";
  return word("wait", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
}
