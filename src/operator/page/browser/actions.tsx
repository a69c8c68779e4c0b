import { useEffect, useState } from "preact/hooks";
import { isResolved, versionOf } from "../../../tickets/submission.ts";
import { WORDS } from "../../words.ts";
import type { Asked } from "../server.ts";
import { type Answer, type Submission, act, mistakesIn, refusalOf, run, sightOf, state } from "./state.ts";
import { Field, Name, clocksText, toNews, waitFor } from "./values.tsx";
import { choiceText, word } from "./words.ts";

/** Pause in typing after which the form is checked, in milliseconds. */
const CHECK_AFTER_MS = 300;
/** Pause after which what cannot be done yet is checked again, in milliseconds. */
const CHECK_AGAIN_MS = 3000;
/** Answers to the trial of a form, by the ids of its submissions. Null: it was lost. */
type Trials = Record<string, Answer | null>;

/** Form that does the same with one submission or several. For verdicts, a trial shows before what would happen. `none`: words for no action. */
export function Actions({ rows, none = "" }: { rows: readonly Submission[]; none?: string }) {
  const names = new Set(rows.flatMap(actionsFor));
  if (rows.length !== 1) names.delete("created"); // each has a ticket of its own
  return names.size > 0 ? <ActionForm rows={rows} names={[...names]} /> : <p>{none}</p>;
}

function ActionForm({ rows, names }: { rows: readonly Submission[]; names: readonly string[] }) {
  const [form, setForm] = useState<Record<string, string>>(() => proposalFor(rows[0]!));
  const [tried, setTried] = useState<{ form: string; trials: Trials }>({ form: "", trials: {} });
  const [wanted, setWanted] = useState("");
  // A ticket that was typed for one submission is not that of another, or of the same one later.
  const isOf = form["of"] === sightOf(rows[0]);
  const { note = "" } = form;
  const { created = "", number = "", since = "" } = isOf ? form : {};
  /** Update that was accepted after the one that is shown. */
  const [over, setOver] = useState<Answer["other"]>();
  const action = names.find((name) => name === form["action"] && (isOf || name !== "created")) ?? "";
  const isVerdict = /created|applied/.test(action);
  const missing = action === "created" && !created ? "ticketId" : isVerdict && !note ? "note" : "";
  const isOne = rows.length === 1;
  const isCorrection = isOne && isResolved(rows[0]!);
  const isQueued = rows.every((row) => row.state === "QUEUED");
  const ticket = { created, ...(number && { number }) };
  const named = action === "applied" && since ? { "accepted-since": since } : {};
  const asked = (row: Submission, trial = {}): Asked => ({
    command: !isVerdict ? action : isCorrection ? "correct" : "resolve",
    options: isVerdict
      ? { ...(action === "created" ? ticket : { [action]: true }), ...named, note: note || "-", ...trial }
      : {},
    id: row.id,
    seen: versionOf(row),
  });
  const present = JSON.stringify([
    form,
    rows.map(sightOf),
    [...state.said.values()].map(({ text }) => text),
    state.progress,
  ]);
  const trials = tried.form === present ? tried.trials : {};
  const fitting = rows.filter((row) => actionsFor(row).includes(action));
  const isReady = (row: Submission) =>
    fitting.includes(row) && (!isVerdict || trials[row.id]?.problems?.length === 0);
  const isBlind = ["lost", "closed"].includes(state.lost);
  const ready = isBlind ? [] : rows.filter(isReady); // nobody knows what colleagues do
  const isChecked = !isVerdict || fitting.every(({ id }) => trials[id]);
  const lineOf = (row: Submission) => {
    const trial = trials[row.id];
    if (action === "" || missing === "ticketId") return "";
    if (!fitting.includes(row)) return word("unfit");
    if (isReady(row)) return word(isBlind ? "unchecked" : "would");
    return trial ? refusalOf(trial) : word(trial === null ? "unchecked" : "checking");
  };

  useEffect(() => {
    if (!isVerdict || missing === "ticketId" || state.progress) return;
    const answers: Trials = {};
    let isStale = false;
    let timer = setTimeout(check, CHECK_AFTER_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };

    async function check(): Promise<void> {
      for (const row of fitting.filter(({ id }) => answers[id]?.problems?.length !== 0)) {
        answers[row.id] = await run(asked(row, { "dry-run": true })).catch(() => null);
        if (isStale) return;
        if (isOne && since === "") setOver(answers[row.id]?.other);
        setTried({ form: present, trials: { ...answers } });
      }
      timer = setTimeout(check, CHECK_AGAIN_MS);
    }
  }, [present]);

  const isPossible = ready.length > 0 && missing === "" && isChecked && state.progress === "";
  const submit = () => {
    // A ticket's verdict can be corrected at any time, and a try changes nothing.
    const question = word(
      "sure",
      `${choiceText(action, ready)} (${ready.length})`,
      word(`follows-${action}`),
    );
    if (/^(?:created|retry)$/.test(action) || confirm(question)) void act(action, asked, ready).then(toNews);
  };
  useEffect(() => {
    if (wanted !== present || !isPossible) return;
    setWanted("");
    queueMicrotask(submit); // Preact runs effects that are late in the midst of the next drawing, and an action draws
  });

  const mistakes = mistakesIn(Object.values(trials).find(refusalOf));
  return (
    <form
      class="actions"
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
        event.preventDefault(); // the check may not have ended
        setWanted(present);
      }}
      onInput={({ currentTarget }) => {
        const typed = Object.fromEntries(new FormData(currentTarget)) as typeof form;
        setForm({ ...(isOf ? form : { note }), since: "", ...typed, of: sightOf(rows[0]) });
      }}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <fieldset>
        <legend>{word(isCorrection ? "correct" : isQueued ? "QUEUED" : "actions")}</legend>
        {rows.some(({ reason }) => reason === "TICKET_ID_REPEATED") && <p>{word("repeated")}</p>}
        {names.map((name) => {
          const wait = name !== "created" && isOne ? waitFor(rows[0]!) : "";
          return (
            <label key={name}>
              <input
                type="radio"
                name="action"
                value={name}
                checked={name === action}
                disabled={wait !== ""}
              />{" "}
              {choiceText(name, rows)} {wait}
            </label>
          );
        })}
        {action === "created" && [
          <Field name="created" label="ticketId" value={created} mistake={mistakes["created"]} />,
          <Field name="number" label="ticketNumber" value={number} mistake={mistakes["number"]} />,
        ]}
        {action === "applied" && over?.settledAt && (
          <label>
            <input type="checkbox" name="since" value={over.id} checked={since === over.id} />{" "}
            {word(
              "since-accepted",
              word(over.requestedStatus!),
              clocksText(over.settledAt),
              word(rows[0]!.requestedStatus!),
            )}
          </label>
        )}
        {isVerdict && <Field name="note" label="noteLabel" value={note} mistake={mistakes["note"]} />}
        {`follows-${action}` in WORDS && <p class="follows">{word(`follows-${action}`)}</p>}
        <p>
          <button disabled={!isPossible}>
            {word("submit")} {ready.length > 0 && `(${ready.length})`}
          </button>{" "}
          <span role="status">
            {missing ? word("missing", word(missing)) : action && `${word("would")}: ${ready.length}`}
          </span>
        </p>
        <ul>
          {rows.map((row) => (
            <li key={row.id}>
              {row.id} <Name of={row} />: {lineOf(row)}
            </li>
          ))}
        </ul>
      </fieldset>
    </form>
  );
}

/** The ticket of a late acceptance is the right one: the form begins with it. */
function proposalFor(row: Submission): Record<string, string> {
  const { conflictingTicketId: created } = row;
  return created ? { of: sightOf(row), action: "created", created } : {};
}

function actionsFor(row: Submission): string[] {
  if (row.state === "QUEUED") return ["retry", "cancel"];
  // A correction is for somebody who sees the verdicts, which a list does not show.
  if (row.state !== "UNCERTAIN" && !(row.resolutions && isResolved(row))) return [];
  return row.requestedStatus === null ? ["created", "not-created"] : ["applied", "not-applied"];
}
