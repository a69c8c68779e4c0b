import { useState } from "preact/hooks";
import { type Done, act } from "./act.ts";
import { Lost, ask } from "./api.ts";
import { CancelDocument, ResolveDocument, RetryDocument, type TicketSubmissionVerdict } from "./generated/graphql.ts";
import { mayDo } from "./session.ts";
import { type Submission, isCorrectable, isDecidable, sightOf, state } from "./state.ts";
import { Field, toNews, waitFor } from "./values.tsx";
import { hasWord, word } from "./words.ts";

/** Form that does the same with one submission or several. `none`: words for no action. */
export function Actions({ rows, none = "" }: { rows: readonly Submission[]; none?: string }) {
  const names = new Set(rows.flatMap(actionsFor));
  if (rows.length !== 1) names.delete("CREATED"); // each has a ticket of its own
  if (!mayDo("submission:resolve")) return null;
  return names.size > 0 ? <ActionForm rows={rows} names={[...names]} /> : <p>{none}</p>;
}

function ActionForm({ rows, names }: { rows: readonly Submission[]; names: readonly string[] }) {
  const [form, setForm] = useState<Record<string, string>>(() => proposalFor(rows[0]!));
  const isOne = rows.length === 1;
  // A ticket that was typed for one submission is not that of another. When this one changes, its operator chooses again, and types nothing again.
  const isOf = isOne && form["id"] === rows[0]!.id;
  const { note = "" } = form;
  const { ticketId = "", ticketNumber = "" } = isOf ? form : {};
  const isSeen = !isOne || form["of"] === sightOf(rows[0]);
  const action = names.find((name) => name === form["action"] && isSeen) ?? "";
  const isVerdict = action.endsWith("CREATED");
  const missing = action === "CREATED" && !ticketId ? "ticketId" : isVerdict && !note ? "note" : "";
  const isCorrection = isOne && isCorrectable(rows[0]!);
  const isQueued = rows.every((row) => row.state === "QUEUED");
  const fitting = rows.filter((row) => actionsFor(row).includes(action));
  const number = fitting.length > 1 ? `(${fitting.length})` : "";
  const { mistakes = {} } = (isOne && state.said.get(rows[0]!.id)) || {};

  const change = async ({ id: submissionId, version: seen }: Submission): Promise<Done> => {
    const ticket = action === "CREATED" && { ticketId, ticketNumber: ticketNumber || null };
    const verdict = action as TicketSubmissionVerdict;
    const input = { submissionId, verdict, note, replacesEarlier: isCorrection, seen, ...ticket };
    // A try makes another version of what waits.
    const { done } = isVerdict
      ? await ask(ResolveDocument, { input })
      : await ask(action === "retry" ? RetryDocument : CancelDocument, { input: { submissionId } });
    if (!done) throw new Lost("lost");
    return done;
  };
  const end = () => {
    if (fitting.every(({ id }) => state.said.get(id)?.isDone)) setForm({});
    toNews();
  };
  const follows = `follows-${action}`;
  const submit = () => {
    const question = word("sure", `${word(action)} ${number}`.trim(), word(follows));
    // A ticket's verdict can be corrected at any time, and a try changes nothing.
    if (/^(?:CREATED|retry)$/.test(action) || confirm(question)) void act(action, change, fitting).then(end);
  };

  return (
    <form
      class="actions"
      onInput={({ currentTarget }) => {
        const typed = Object.fromEntries(new FormData(currentTarget)) as typeof form;
        const { id } = rows[0]!;
        setForm({ ...(isOf ? form : { note }), ...typed, id, of: "action" in typed ? sightOf(rows[0]) : "" });
      }}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <fieldset>
        <legend>{word(isCorrection ? "correct" : isQueued ? "waits" : "actions")}</legend>
        {rows.some(({ reason }) => reason === "TICKET_ID_REPEATED") && <p>{word("repeated")}</p>}
        {names.map((name) => {
          const wait = name !== "CREATED" && isOne ? waitFor(rows[0]!) : "";
          return (
            <label key={name}>
              <input type="radio" name="action" value={name} checked={name === action} disabled={wait !== ""} />{" "}
              {word(name)} {wait}
            </label>
          );
        })}
        <div>
          {(action === "CREATED" || ticketId !== "" || ticketNumber !== "") && [
            <Field name="ticketId" label="ticketIdLabel" value={ticketId} mistake={mistakes["ticketId"]} />,
            <Field
              name="ticketNumber"
              label="ticketNumberLabel"
              value={ticketNumber}
              mistake={mistakes["ticketNumber"]}
            />,
          ]}
          {(isVerdict || (isOf && note !== "")) && (
            <Field name="note" label="noteLabel" value={note} mistake={mistakes["note"]} />
          )}
        </div>
        {hasWord(follows) && <p class="follows">{word(follows)}</p>}
        <p>
          <button disabled={fitting.length === 0 || missing !== "" || state.progress !== ""}>
            {word("submit")} {number}
          </button>{" "}
          <span role="status">{missing && word("missing", word(missing))}</span>
        </p>
      </fieldset>
    </form>
  );
}

/** The ticket of a late acceptance is the right one: the form begins with it. */
function proposalFor(row: Submission): Record<string, string> {
  const { id, conflictingTicketId: ticketId } = row;
  return ticketId ? { id, of: sightOf(row), action: "CREATED", ticketId } : {};
}

function actionsFor(row: Submission): string[] {
  if (row.state === "QUEUED") return ["retry", "cancel"];
  // A correction is for somebody who sees the verdicts, which a list does not show.
  return isDecidable(row) && (row.state === "UNCERTAIN" || row.actions) ? ["CREATED", "NOT_CREATED"] : [];
}
