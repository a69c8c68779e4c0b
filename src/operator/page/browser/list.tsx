import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { SubmissionReason, SubmissionState } from "../../../tickets/submission.ts";
import { csvOf, secondsIn, sinceOf } from "../../printable.ts";
import { Actions } from "./actions.tsx";
import { last } from "./keys.ts";
import { FILTERS, NUMBERS, type Place, RARE_FILTERS } from "./place.ts";
import {
  type Answer,
  type Submission,
  arrive,
  hrefOf,
  listed,
  mistakesIn,
  refusalOf,
  run,
  state,
  untilText,
  update,
} from "./state.ts";
import { Badges, Field, Value, ageMarkOf, ageOf, clocksText } from "./values.tsx";
import { durationText, word } from "./words.ts";

const SHOWN = [...Object.values(NUMBERS), "branchCode", "requestedStatus"] as const;
/** Lists of what waits for somebody: empty ones are good news. */
const WORK = new Set(["doubts", "conflicts", "queue"]);

const codesOf = (codes: object) => ["", ...Object.keys(codes)].map((code) => [code, code || "any"] as const);
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
  const { submissions: rows = [], next, page } = list;
  const { after, id, view } = place;
  useEffect(() => {
    if (document.activeElement !== document.body || !last.id || id) return;
    const selector = `.tabs [aria-current=page], tbody a[href$="${last.id}"]`;
    document.querySelectorAll<HTMLElement>(selector).forEach((link) => link.focus()); // the view, when the row is gone
  }, [rows.length > 0, id]);
  const ids = rows.map((row) => row.id);
  const picked = rows.filter((row) => chosen.includes(row.id));
  const choice = (name: string, of: string[]) => (
    <input
      type="checkbox"
      hidden={page?.isReadOnly}
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
        class={page ? `empty ${none}` : "skeleton"}
        hidden={rows.length > 0}
        aria-busy={!page && !state.lost}
      >
        {page ? refusalOf(list) || (after ? "" : word(none)) : word("reading")}
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
        {next && <a href={hrefOf({ after: next })}>{word("next")}</a>}{" "}
        <button class="outline secondary" onClick={() => void save(place)}>
          {word("save")}
        </button>
      </footer>
      {picked.length > 0 && !id && <Actions rows={picked} none={word("nothing")} />}
    </section>
  );
}

/** Saves all pages of a list as CSV. */
async function save(place: Place): Promise<void> {
  const rows: Submission[] = [];
  try {
    for (let after: Answer["next"] = ""; after != null;) {
      const answer: Answer = await run(listed({ ...place, after }, "1000"));
      rows.push(...answer.submissions!);
      after = answer.next;
    }
    const href = URL.createObjectURL(new Blob([csvOf(rows, word)], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href, download: `${place.view}.csv` }).click();
  } catch {
    alert(word("unsaved"));
  }
}

function Filters() {
  const { list, place } = state;
  const { view, type } = place;
  const mistakes = mistakesIn(list);
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
      {field("number", type)}
      {view === "list" && select("state", codesOf(SubmissionState))}
      {view !== "expired" && select("reason", codesOf(SubmissionReason))}
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
  const at = new Date(Date.now() + state.aheadMs - seconds * 1000);
  return word("understood", durationText(seconds), clocksText(at.toISOString()));
}
