import { SubmissionReason, SubmissionState } from "../../../tickets/submission.ts";
import { useEffect } from "preact/hooks";
import { csvOf, sinceOf } from "../../printable.ts";
import { Actions } from "./actions.tsx";
import { lastShown } from "./detail.tsx";
import { NUMBERS, VIEWS } from "./place.ts";
import { arrive, hrefOf, listed, mistakesIn, refusalOf, run, state, update } from "./state.ts";
import { Clock, Field, Value, ageOf } from "./values.tsx";
import { word } from "./words.ts";

const SHOWN = [...Object.values(NUMBERS), "branchCode", "requestedStatus"] as const;
/** Reasons for which a queued request was never sent. */
const EXPIRED = { "": "DELIVERY_EXPIRED", REQUEST_UNREADABLE: "REQUEST_UNREADABLE" };

/** List of submissions, the oldest first, with its filters. */
export function List() {
  const { list, place, chosen } = state;
  const { submissions: rows = [], next, page } = list;
  useEffect(() => {
    if (document.activeElement === document.body)
      document
        .querySelectorAll<HTMLElement>(`nav a[aria-current=page], table a[href$="id=${lastShown.id}"]`)
        .forEach((link) => lastShown.id && link.focus()); // the view, when the row is gone
  }, [rows.length > 0]);
  const { after, ...whole } = place;
  const { view = "doubts", type = "helpdesk-number", since, until } = whole;
  const mistakes = mistakesIn(list);
  const ids = rows.map(({ id }) => id);
  const picked = rows.filter(({ id }) => chosen.includes(id));
  const options = { ...(since && { from: since }), ...(until && { to: until }) };
  const select = (name: string, values: Readonly<Record<string, string>>) => (
    <label>
      {word(name)}{" "}
      <select name={name}>
        {Object.entries(values).map(([value, label]) => (
          <option key={value} value={value} selected={place[name] === value}>
            {word(label)}
          </option>
        ))}
      </select>
    </label>
  );
  const choice = (name: string, of: string[]) => (
    <input
      type="checkbox"
      hidden={page?.isReadOnly}
      aria-label={name}
      checked={of.length > 0 && of.every((id) => chosen.includes(id))}
      onChange={({ currentTarget }) => {
        update({
          chosen: [...chosen.filter((id) => !of.includes(id)), ...(currentTarget.checked ? of : [])],
        });
        if (of.length === 1) currentTarget.scrollIntoView({ block: "nearest" }); // not below the form
      }}
    />
  );
  return (
    <>
      <nav>
        {Object.entries(VIEWS).map(([name, label]) => (
          <a
            key={name}
            href={hrefOf({ view: name, after: "", reason: "" })}
            aria-current={name === view && "page"}
          >
            {word(label)}
          </a>
        ))}
      </nav>
      <form
        onSubmit={(event) => event.preventDefault()}
        onChange={({ target }) => {
          const { name, value } = target as HTMLInputElement;
          location.hash = hrefOf({ [name]: value.trim(), after: "" });
          void arrive(); // a tap that follows the typing must not meet the links of before
        }}
      >
        {select("type", NUMBERS)}
        <Field name="number" value={place["number"]} mistake={mistakes[type]} />
        {view === "list" && select("state", { "": "–", ...SubmissionState })}
        {select("reason", view === "expired" ? EXPIRED : { "": "–", ...SubmissionReason })}
        <Field name="branch" label="branchCode" value={place["branch"]} mistake={mistakes["branch"]} />
        <Field name="client" label="clientId" value={place["client"]} mistake={mistakes["client"]} />
        <Field name="since" value={since} mistake={mistakes["since"]} />
        <Field name="until" value={until} mistake={mistakes["until"]} />
      </form>
      {rows.length === 0 && <p>{page ? refusalOf(list) || (after ? "" : word("none")) : word("reading")}</p>}
      <table hidden={rows.length === 0}>
        <thead>
          <tr>
            <td data-label={word("chooseAll")}>{choice(word("chooseAll"), ids)}</td>
            {["age", "number", "operation", "reason", "clientId"].map((name) => (
              <th key={name}>{word(name)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, operation, ...row }) => (
            <tr key={id}>
              <td>{choice(word("choose", id), [id])}</td>
              <td>
                <a href={hrefOf({ id })} aria-label={`${ageOf(row)}: ${word(operation)} ${id}`}>
                  {ageOf(row)}
                </a>{" "}
                <Clock at={sinceOf(row)} />
              </td>
              <td>
                {SHOWN.filter((name) => row[name] != null).map((name) => (
                  <div key={name}>
                    {word(name)} <Value of={row[name]!} />
                  </div>
                ))}
              </td>
              <td data-label={word("operation")}>{word(operation)}</td>
              <td data-label={word("reason")}>
                {word(row.state)} {row.reason}
              </td>
              <td data-label={word("clientId")}>
                <Value of={row.clientId} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        {after && <a href={hrefOf({ after: "" })}>{word("first")}</a>}{" "}
        {next && <a href={hrefOf({ after: next })}>{word("next")}</a>}{" "}
        <button onClick={() => void save(listed(whole, "1000"), view).catch(lose)}>{word("save")}</button>{" "}
        <button onClick={() => void save({ command: "verdicts", options }, "verdicts").catch(lose)}>
          {word("verdicts")}
        </button>
      </p>
      {picked.length > 0 && <Actions rows={picked} none={word("nothing")} />}
    </>
  );
}

function lose(): void {
  update({ unsaved: "unsaved" });
}

/** Saves all pages of a command's answer as CSV. `name`: that of the file. */
async function save({ command, options }: ReturnType<typeof listed>, name: string): Promise<void> {
  update({ unsaved: "" });
  const rows: object[] = [];
  for (let after: string | null = ""; after !== null;) {
    const answer = await run({ command, options: { ...options, ...(after && { after }) } });
    if (refusalOf(answer)) return update({ unsaved: refusalOf(answer) });
    rows.push(...(answer.submissions ?? answer.verdicts ?? []));
    after = answer.next ?? null;
  }
  const href = URL.createObjectURL(new Blob([csvOf(rows)], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href, download: `${name}.csv` }).click();
}
