import { SubmissionReason, SubmissionState } from "../../../tickets/submission.ts";
import { csvOf, durationOf } from "../../printable.ts";
import { Actions } from "./actions.tsx";
import { type Options, hrefOf, listed, look, mistakesIn, run, secondsSince, state, update } from "./state.ts";
import { Clock, Field, Value } from "./values.tsx";
import { word } from "./words.ts";

/** Commands of the views with their words, and the view of what expired. */
const VIEWS = { doubts: "UNCERTAIN", queue: "QUEUED", expired: "expired", list: "list" } as const;
/** Options of the commands that search by a number, with the field that holds it. */
const NUMBERS = {
  "helpdesk-number": "helpdeskTicketNumber",
  "branch-complaint-number": "branchComplaintNumber",
  "source-id": "sourceTicketId",
  "bsg-id": "bsgTicketId",
  "sociomile-number": "ticketNumber",
  ticket: "ticketId",
} as const;
const SHOWN = [...Object.values(NUMBERS), "branchCode", "requestedStatus"] as const;

/** List of submissions, the oldest first, with its filters. */
export function List() {
  const { list, place, chosen } = state;
  const { submissions: rows = [], next, page } = list;
  const { view = "doubts", type = "helpdesk-number", after, since, until } = place;
  const mistakes = mistakesIn(list);
  const ids = rows.map(({ id }) => id);
  const period = { ...(since && { from: since }), ...(until && { to: until }) };
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
      onChange={({ currentTarget: { checked } }) =>
        update({ chosen: [...chosen.filter((id) => !of.includes(id)), ...(checked ? of : [])] })
      }
    />
  );
  return (
    <>
      <nav>
        {Object.entries(VIEWS).map(([name, label]) => (
          <a key={name} href={hrefOf({ view: name, after: "" })} aria-current={name === view && "page"}>
            {word(label)}
          </a>
        ))}
      </nav>
      <form
        onSubmit={(event) => event.preventDefault()}
        onChange={({ target }) => {
          const { name, value } = target as HTMLInputElement;
          location.hash = hrefOf({ [name]: value.trim(), after: "" });
        }}
      >
        {select("type", NUMBERS)}
        <Field name="number" value={place["number"]} mistake={mistakes[type]} />
        {view === "list" && select("state", { "": "–", ...SubmissionState })}
        {view !== "expired" && select("reason", { "": "–", ...SubmissionReason })}
        <Field name="branch" label="branchCode" value={place["branch"]} mistake={mistakes["branch"]} />
        <Field name="client" label="clientId" value={place["client"]} mistake={mistakes["client"]} />
        <Field name="since" value={since} mistake={mistakes["since"]} />
        <Field name="until" value={until} mistake={mistakes["until"]} />
      </form>
      {rows.length === 0 && page && <p>{list.refusal || word("none")}</p>}
      <table hidden={rows.length === 0}>
        <thead>
          <tr>
            <td>{choice(word("chooseAll"), ids)}</td>
            {["age", "number", "operation", "reason", "clientId"].map((name) => (
              <th key={name}>{word(name)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>{choice(word("choose", row.id), [row.id])}</td>
              <td>
                <a href={hrefOf({ id: row.id })}>
                  {durationOf(secondsSince(row.settledAt ?? row.createdAt))}
                </a>{" "}
                <Clock at={row.settledAt ?? row.createdAt} />
              </td>
              <td>
                {SHOWN.filter((name) => row[name] != null).map((name) => (
                  <div key={name}>
                    {word(name)} <Value of={row[name]!} />
                  </div>
                ))}
              </td>
              <td>{word(row.operation)}</td>
              <td>
                {word(row.state)} {row.reason}
              </td>
              <td>
                <Value of={row.clientId} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        {after && <a href={hrefOf({ after: "" })}>{word("first")}</a>}{" "}
        {next && <a href={hrefOf({ after: next })}>{word("next")}</a>}{" "}
        <button onClick={() => void save(...listed("1000")).catch(look)}>{word("save")}</button>{" "}
        <button onClick={() => void save("verdicts", period).catch(look)}>{word("verdicts")}</button>
      </p>
      {chosen.length > 0 && <Actions rows={rows.filter(({ id }) => chosen.includes(id))} />}
    </>
  );
}

/** Saves all pages of a command's answer as CSV. */
async function save(command: string, options: Options): Promise<void> {
  const rows: object[] = [];
  for (let after: string | null = ""; after !== null;) {
    const answer = await run(command, { ...options, ...(after && { after }) });
    if (answer.refusal) return;
    rows.push(...(answer.submissions ?? answer.verdicts ?? []));
    after = answer.next ?? null;
  }
  const href = URL.createObjectURL(new Blob([csvOf(rows)], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href, download: `${command}.csv` }).click();
}
