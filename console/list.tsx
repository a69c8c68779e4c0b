import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Actions } from "./form.tsx";
import { last } from "./keys.ts";
import { FILTERS, NUMBERS, RARE_FILTERS, timeIn } from "./place.ts";
import { mayDo } from "./session.ts";
import {
  type Submission,
  arrive,
  hrefOf,
  mistakesIn,
  now,
  sinceOf,
  state,
  untilText,
  update,
} from "./state.ts";
import { secondsIn } from "./text.ts";
import { Badges, Field, Value, ageMarkOf, ageOf, clocksText } from "./values.tsx";
import { durationText, word } from "./words.ts";

const SHOWN = [
  "helpdeskTicketNumber",
  "branchComplaintNumber",
  "sourceTicketId",
  "bsgTicketId",
  "ticketId",
  "branchCode",
  "requestedStatus",
] as const;
const STATES = "UNCERTAIN QUEUED SENDING CONFIRMED REJECTED NOT_EXECUTED".split(" ");
const REASONS =
  "ACCEPTED_BY_SOCIOMILE CREATED_SAYS_OPERATOR REFUSED_BY_SOCIOMILE TOO_LARGE_FOR_SOCIOMILE SOCIOMILE_UNREACHABLE SOCIOMILE_CERTIFICATE_INVALID SOCIOMILE_SETTINGS_REFUSED SOCIOMILE_THROTTLED NOT_SENT_IN_TIME OVERLOADED CIRCUIT_OPEN NOT_CREATED_SAYS_OPERATOR ANSWER_TIMED_OUT CONNECTION_LOST ANSWER_NOT_UNDERSTOOD TICKET_ID_REPEATED OWNER_DIED ANSWERED_LATE CANCELLED DELIVERY_EXPIRED ALREADY_OPENED REQUEST_UNREADABLE".split(
    " ",
  );
/** Lists of what waits for somebody: empty ones are good news. */
const WORK = new Set(["doubts", "conflicts", "queue"]);

const codesOf = (codes: readonly string[]) => ["", ...codes].map((code) => [code, code || "any"] as const);
const NO_FILTERS = Object.fromEntries([...FILTERS, "type", "after"].map((name) => [name, ""]));

const COLUMNS: Record<string, (row: Submission) => ComponentChildren> = {
  age: (row) => [
    <a href={hrefOf({ id: row.id })} aria-label={`${ageOf(row)}: ${word(row.operation)} ${row.id}`}>
      {ageOf(row)}
    </a>,
    " ",
    <time>{clocksText(sinceOf(row))}</time>,
  ],
  number: (row) =>
    SHOWN.filter((name) => row[name] != null).map((name) => (
      <span key={name}>
        {word(name)} <Value of={name === "requestedStatus" ? word(row[name]!) : row[name]!} />
      </span>
    )),
  operation: (row) => word(row.operation),
  state: (row) => [<Badges of={row} />, " ", <small>{word(row.reason ?? "")}</small>],
  clientId: (row) => <Value of={row.clientId} />,
  nextTryAt: (row) => untilText(row.nextTryAt),
};
/** Columns whose cells say what they are on narrow screens. */
const LABELLED = new Set(["clientId", "nextTryAt"]);

/** List of submissions with its filters, and what is done with the chosen ones. */
export function List() {
  const { list, place, chosen } = state;
  const { rows = [], next, problems } = list;
  const isRead = list.rows !== undefined || problems !== undefined;
  const { after, id, view } = place;
  useEffect(() => {
    if (document.activeElement !== document.body || !last.id || id) return;
    const selector = `.tabs [aria-current=page], tbody a[href$="${last.id}"]`;
    document.querySelectorAll<HTMLElement>(selector).forEach((link) => link.focus()); // the view, when the row is gone
  }, [rows.length > 0, id]);
  const mistakes = mistakesIn(problems);
  const ids = rows.map((row) => row.id);
  const picked = rows.filter((row) => chosen.includes(row.id));
  const choice = (name: string, of: string[]) => (
    <input
      type="checkbox"
      hidden={!mayDo("submission:resolve")}
      aria-label={name}
      checked={of.length > 0 && of.every((one) => chosen.includes(one))}
      onChange={({ currentTarget }) => {
        const others = chosen.filter((one) => !of.includes(one));
        update({ chosen: [...others, ...(currentTarget.checked ? of : [])] });
        if (id) location.hash = hrefOf({ id: "" }); // one form is enough
        if (of.length === 1) currentTarget.scrollIntoView({ block: "nearest" }); // not below the form
      }}
    />
  );
  const none = FILTERS.some((name) => name in place) ? "none" : WORK.has(view) ? "allIsWell" : "noneAtAll";
  const columns = Object.entries(COLUMNS).filter(([name]) => name !== "nextTryAt" || view === "queue");
  return (
    <section class="list">
      <Filters />
      <p
        class={isRead ? `empty ${none}` : "empty"}
        hidden={rows.length > 0}
        aria-busy={!isRead && !state.lost}
      >
        {isRead ? Object.values(mistakes).join(" ") || (after ? "" : word(none)) : word("reading")}
      </p>
      <table hidden={rows.length === 0}>
        <thead>
          <tr>
            <td>{choice(word("chooseAll"), ids)}</td>
            {columns.map(([name]) => (
              <th key={name}>{word(name)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={row.id}
              aria-current={row.id === id || undefined}
              data-age={ageMarkOf(row)}
              onClick={({ target }) => {
                const isItsOwn = (target as Element).closest("a, td:first-child"); // a link, or the choice
                if (!isItsOwn && String(getSelection()) === "") location.hash = hrefOf({ id: row.id });
              }}
            >
              <td>{choice(word("choose", row.id), [row.id])}</td>
              {columns.map(([name, cell]) => (
                <td key={name} data-label={LABELLED.has(name) ? word(name) : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <footer>
        {after && <a href={hrefOf({ after: "" })}>{word("first")}</a>}{" "}
        {next && <a href={hrefOf({ after: next })}>{word("next")}</a>}
      </footer>
      {picked.length > 0 && !id && <Actions rows={picked} none={word("nothing")} />}
    </section>
  );
}

function Filters() {
  const { list, place } = state;
  const { view, type } = place;
  const mistakes = mistakesIn(list.problems);
  const select = (name: string, values: (readonly [value: string, label: string])[]) => (
    <label>
      {word(name)}
      <select name={name}>
        {values.map(([value, label]) => (
          <option key={value} value={value} selected={place[name] === value}>
            {word(label)}
          </option>
        ))}
      </select>
    </label>
  );
  const field = (name: string, key = name, hint = "") => (
    <Field key={name} name={name} value={place[name]} mistake={mistakes[key]} hint={hint} />
  );
  return (
    <form
      class="filters"
      aria-label={word("filters")}
      onSubmit={(event) => event.preventDefault()}
      onChange={({ target }) => {
        const { name, value } = target as HTMLInputElement;
        location.hash = hrefOf({ [name]: value.trim(), after: "" });
        void arrive(); // a tap that follows the typing must not meet the links of before
      }}
    >
      {select("type", Object.entries(NUMBERS))}
      {field("number", type === "TICKET_ID" ? "ticketId" : "value")}
      {view === "list" && select("state", codesOf(STATES))}
      {view !== "expired" && select("reason", codesOf(REASONS))}
      <details open={RARE_FILTERS.some((name) => place[name])}>
        <summary role="button" class="outline secondary">
          {word("more")}
        </summary>
        <div>
          {RARE_FILTERS.map((name) =>
            field(name, name, /since|until/.test(name) ? hintFor(place[name]) : ""),
          )}
        </div>
      </details>
      {FILTERS.some((name) => name in place) && <a href={hrefOf(NO_FILTERS)}>{word("clear")}</a>}
    </form>
  );
}

/** Says what a typed age was understood to be, or what may be typed. */
function hintFor(typed = ""): string {
  const seconds = secondsIn(typed);
  if (seconds === null) return typed ? "" : word("spanHint");
  return word("understood", durationText(seconds), clocksText(timeIn(typed, now())!));
}
