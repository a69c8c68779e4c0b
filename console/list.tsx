import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import codes from "./codes.json" with { type: "json" };
import { Actions } from "./form.tsx";
import { last } from "./keys.ts";
import { arrive } from "./look.ts";
import { FILTERS, NUMBERS, RARE_FILTERS, timeIn } from "./place.ts";
import { mayDo } from "./session.ts";
import { type Plain, type Submission, hrefOf, now, sinceOf, state, untilText, update } from "./state.ts";
import { secondsIn } from "./text.ts";
import { Badges, Field, Value, ageMarkOf, ageOf, clocksText } from "./values.tsx";
import { durationText, word } from "./words.ts";

const NO_FILTERS = Object.fromEntries([...FILTERS, "type", "after"].map((name) => [name, ""]));

const COLUMNS: Record<string, (row: Submission) => ComponentChildren> = {
  age: (row) => (
    <a
      href={hrefOf({ id: row.id })}
      title={clocksText(sinceOf(row))}
      aria-label={`${ageOf(row)}: ${word(row.operation)} ${row.id}`}
    >
      {ageOf(row)}
    </a>
  ),
  number: (row) =>
    ([...Object.values(NUMBERS), "branchCode", "requestedStatus"] as Plain[]).map(
      (name) =>
        row[name] != null && (
          <span key={name}>
            {word(name)} <Value of={name === "requestedStatus" ? word(row.requestedStatus!) : row[name]} />
          </span>
        ),
    ),
  operation: (row) => word(row.operation),
  state: (row) => [<Badges of={row} />, " ", <small>{word(row.reason ?? "")}</small>],
  clientId: (row) => <Value of={row.clientId} />,
  nextTryAt: (row) => untilText(row.nextTryAt),
};

/** List of submissions with its filters, and what is done with the chosen ones. */
export function List() {
  const { list, place, chosen } = state;
  const { rows = [], next, mistakes = {} } = list;
  const { after, id, view } = place;
  useEffect(() => {
    if (document.activeElement !== document.body || !last.id || id) return;
    const selector = `.tabs [aria-current=page], tbody a[href$="${last.id}"]`;
    document.querySelectorAll<HTMLElement>(selector).forEach((link) => link.focus()); // the view, when the row is gone
  }, [rows.length > 0, id]);
  const picked = rows.filter((row) => chosen.includes(row.id));
  const choice = (name: string, of: readonly Submission[]) => (
    <input
      type="checkbox"
      hidden={!mayDo("submission:resolve")}
      aria-label={name}
      checked={of.length > 0 && of.every((one) => picked.includes(one))}
      onChange={({ currentTarget }) => {
        const others = picked.filter((one) => !of.includes(one));
        update({ chosen: [...others, ...(currentTarget.checked ? of : [])].map((one) => one.id) });
        if (id) location.hash = hrefOf({ id: "" }); // one form is enough
        if (of.length === 1) currentTarget.scrollIntoView({ block: "nearest" }); // not below the form
      }}
    />
  );
  const isFiltered = FILTERS.some((name) => name in place);
  const isWork = ["doubts", "conflicts", "queue"].includes(view); // an empty list of these is good news
  const none = after ? "" : word(isFiltered ? "none" : isWork ? "allIsWell" : "noneAtAll");
  const isRead = "rows" in list || "mistakes" in list;
  const columns = Object.entries(COLUMNS).filter(([name]) => name !== "nextTryAt" || view === "queue");
  return (
    <section class="list">
      <Filters />
      <p class="empty" hidden={rows.length > 0} aria-busy={!isRead && !state.lost}>
        {isRead ? Object.values(mistakes).join(" ") || none : word("reading")}
      </p>
      <table hidden={rows.length === 0}>
        <thead>
          <tr>
            <td>{choice(word("chooseAll"), rows)}</td>
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
              <td>{choice(word("choose", row.id), [row])}</td>
              {columns.map(([name, cell]) => (
                <td key={name} data-label={/^(?:clientId|nextTryAt)$/.test(name) ? word(name) : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <footer>
        {after && <a href={hrefOf({ after: "" })}>{word("first")}</a>}
        {next && <a href={hrefOf({ after: next })}>{word("next")}</a>}
      </footer>
      {picked.length > 0 && !id && <Actions rows={picked} none={word("nothing")} />}
    </section>
  );
}

function Filters() {
  const { list, place } = state;
  const { view, type } = place;
  const select = (name: string, values: readonly (readonly [value: string, label: string])[]) => (
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
  const selectCode = (name: "state" | "reason") =>
    select(name, [["", "any"], ...codes[name].map((code) => [code, code] as const)]);
  const field = (name: string, key = name, hint = "") => (
    <Field key={name} name={name} value={place[name]} mistake={list.mistakes?.[key]} hint={hint} />
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
      {view === "list" && selectCode("state")}
      {view !== "expired" && selectCode("reason")}
      <details open={RARE_FILTERS.some((name) => place[name])}>
        <summary role="button" class="outline secondary">
          {word("more")}
        </summary>
        <div>{RARE_FILTERS.map((name) => field(name, name, /since|until/.test(name) ? hintFor(place[name]) : ""))}</div>
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
