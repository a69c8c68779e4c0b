import { useState } from "preact/hooks";
import { isCorrectable } from "../../../tickets/submission.ts";
import { WORDS } from "../../printable.ts";
import type { Asked } from "../server.ts";
import { type Submission, act, mistakesIn, sightOf, state } from "./state.ts";
import { Field, toNews, waitFor } from "./values.tsx";
import { word } from "./words.ts";

/** Form that does the same with one submission or several. `none`: words for no action. */
export function Actions({ rows, none = "" }: { rows: readonly Submission[]; none?: string }) {
  const names = new Set(rows.flatMap(actionsFor));
  if (rows.length !== 1) names.delete("created"); // each has a ticket of its own
  return names.size > 0 ? <ActionForm rows={rows} names={[...names]} /> : <p>{none}</p>;
}

function ActionForm({ rows, names }: { rows: readonly Submission[]; names: readonly string[] }) {
  const [form, setForm] = useState<Record<string, string>>(() => proposalFor(rows[0]!));
  const isOne = rows.length === 1;
  // A ticket that was typed for one submission is not that of another, or of the same one later.
  const isOf = isOne && form["of"] === sightOf(rows[0]);
  const { note = "" } = form;
  const { created = "", number = "" } = isOf ? form : {};
  const action = names.find((name) => name === form["action"] && (isOf || name !== "created")) ?? "";
  const isVerdict = action.endsWith("created");
  const missing = action === "created" && !created ? "ticketId" : isVerdict && !note ? "note" : "";
  const isCorrection = isOne && isCorrectable(rows[0]!);
  const isQueued = rows.every((row) => row.state === "QUEUED");
  const fitting = rows.filter((row) => actionsFor(row).includes(action));
  const mistakes = mistakesIn(isOne ? state.said.get(rows[0]!.id)?.refused : undefined);

  const verdict = {
    [action]: action === "created" ? created : true,
    ...(action === "created" && number && { number }),
    note,
  };
  const asked = (row: Submission): Asked => ({
    command: !isVerdict ? action : isCorrection ? "correct" : "resolve",
    options: isVerdict ? verdict : {},
    id: row.id,
    ...(isVerdict && { seen: row.version! }), // a try makes another version of what waits
  });
  const follows = `follows-${action}`;
  const submit = () => {
    const question = word("sure", `${word(action)} (${fitting.length})`, word(follows));
    // A ticket's verdict can be corrected at any time, and a try changes nothing.
    if (/^(?:created|retry)$/.test(action) || confirm(question))
      void act(action, asked, fitting).then(toNews);
  };

  return (
    <form
      class="actions"
      onInput={({ currentTarget }) => {
        const typed = Object.fromEntries(new FormData(currentTarget)) as typeof form;
        setForm({ ...(isOf ? form : { note }), ...typed, of: sightOf(rows[0]) });
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
              {word(name)} {wait}
            </label>
          );
        })}
        {action === "created" && [
          <Field name="created" label="ticketId" value={created} mistake={mistakes["created"]} />,
          <Field name="number" label="ticketNumber" value={number} mistake={mistakes["number"]} />,
        ]}
        {isVerdict && <Field name="note" label="noteLabel" value={note} mistake={mistakes["note"]} />}
        {follows in WORDS && <p class="follows">{word(follows)}</p>}
        <p>
          <button disabled={fitting.length === 0 || missing !== "" || state.progress !== ""}>
            {word("submit")} {fitting.length > 0 && `(${fitting.length})`}
          </button>{" "}
          <span role="status">{missing && word("missing", word(missing))}</span>
        </p>
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
  const isOpen = row.state === "UNCERTAIN" || (row.actions && isCorrectable(row));
  return isOpen && row.requestedStatus === null ? ["created", "not-created"] : [];
}
