import { useLayoutEffect, useState } from "preact/hooks";
import { NOT_CREATED_AFTER_MINUTES } from "../../../tickets/resolve.ts";
import { isResolved } from "../../../tickets/submission.ts";
import type { Asked } from "../server.ts";
import { type Answer, type Submission, act, mistakesIn, refusalOf, run, secondsSince } from "./state.ts";
import { Field } from "./values.tsx";
import { word } from "./words.ts";

/** Pause in typing after which the form is checked, in milliseconds. */
const CHECK_AFTER_MS = 300;

/** Form that does the same with one submission or several. For verdicts, a trial shows before what would happen. */
export function Actions({ rows }: { rows: readonly Submission[] }) {
  const [form, setForm] = useState<Record<string, string>>({});
  const [trials, setTrials] = useState<Record<string, Answer>>({});
  const { action = "", created = "", number = "", note = "" } = form;
  const isVerdict = /created|applied/.test(action);
  const missing = action === "created" && !created ? "ticketId" : isVerdict && !note ? "note" : "";
  const isOne = rows.length === 1;
  const isCorrection = isOne && isResolved(rows[0]!);
  const isQueued = rows.every(({ state }) => state === "QUEUED");
  const ticket = { created, ...(number && { number }) };
  const asked = ({ id, ...row }: Submission, trial = {}): Asked => ({
    command: !isVerdict ? action : isCorrection ? "correct" : "resolve",
    options: isVerdict
      ? { ...(action === "created" ? ticket : { [action]: true }), note: note || "-", ...trial }
      : {},
    id,
    ...(row.resolutions && { seen: row.resolutions.length }),
  });
  const isReady = (row: Submission) =>
    isVerdict ? trials[row.id]?.problems?.length === 0 : actionsFor(row).includes(action);
  const ready = rows.filter(isReady);

  useLayoutEffect(() => {
    setTrials({}); // before anybody sees the old ones beside the new form
    let isStale = !isVerdict || missing === "ticketId";
    const timer = setTimeout(async () => {
      for (const row of rows) {
        if (isStale) return;
        const answer = await run(asked(row, { "dry-run": true })).catch(() => ({}));
        if (!isStale) setTrials((others) => ({ ...others, [row.id]: answer }));
      }
    }, CHECK_AFTER_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [JSON.stringify([form, rows.map(({ id, settledAt }) => [id, settledAt])])]);

  const names = [...new Set(rows.flatMap(actionsFor))].filter((name) => isOne || name !== "created");
  if (names.length === 0) return null;
  const mistakes = mistakesIn(Object.values(trials).find(refusalOf) ?? {});
  return (
    <form
      onInput={({ currentTarget }) => setForm(Object.fromEntries(new FormData(currentTarget)) as typeof form)}
      onSubmit={(event) => {
        event.preventDefault();
        // Only this verdict can be corrected at any time.
        if (action === "created" || confirm(word("sure", `${word(action)} (${ready.length})`)))
          void act(asked, ready);
      }}
    >
      <fieldset>
        <legend>{word(isCorrection ? "correct" : isQueued ? "QUEUED" : "actions")}</legend>
        {names.map((name) => {
          const wait = name.startsWith("not-") && isOne ? waitFor(rows[0]!) : "";
          return (
            <label key={name}>
              <input type="radio" name="action" value={name} disabled={wait !== ""} /> {word(name)} {wait}
            </label>
          );
        })}
        {action === "created" && <Field name="created" label="ticketId" mistake={mistakes["created"]} />}
        {action === "created" && <Field name="number" label="ticketNumber" mistake={mistakes["number"]} />}
        {isVerdict && <Field name="note" mistake={mistakes["note"]} />}
        <ul>
          {rows.map(({ id }, nth) => (
            <li key={id}>
              {id}: {isReady(rows[nth]!) ? word("would") : refusalOf(trials[id])}
            </li>
          ))}
        </ul>
        <button disabled={ready.length === 0 || missing !== ""}>
          {word("submit")} {ready.length > 0 && `(${ready.length})`}
        </button>{" "}
        <span role="status">{missing && word("missing", word(missing))}</span>
      </fieldset>
    </form>
  );
}

function actionsFor(row: Submission): string[] {
  if (row.state === "QUEUED") return ["retry", "cancel"];
  // A correction is for somebody who sees the verdicts, which a list does not show.
  if (row.state !== "UNCERTAIN" && !(row.resolutions && isResolved(row))) return [];
  return row.requestedStatus === null ? ["created", "not-created"] : ["applied", "not-applied"];
}

/** Says how long it takes until a doubt may be closed as not done. Of a correction the ledger alone knows. Empty: no time. */
function waitFor({ state, settledAt, createdAt }: Submission): string {
  const seconds = Math.ceil(NOT_CREATED_AFTER_MINUTES * 60 - secondsSince(settledAt ?? createdAt));
  if (state !== "UNCERTAIN" || seconds <= 0) return "";
  return word("wait", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
}
