import { useState } from "preact/hooks";
import { SubmissionReason, SubmissionState } from "../../../tickets/submission.ts";
import { durationOf } from "../../printable.ts";
import { Actions } from "./actions.tsx";
import {
  type Answer,
  type Submission,
  VIEWS,
  hrefOf,
  listed,
  mistakesIn,
  run,
  secondsSince,
  state,
  update,
} from "./state.ts";
import { Clock, Field, Value, save } from "./values.tsx";
import { word } from "./words.ts";

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
  const { submissions: rows = [], next } = list;
  const { view = "doubts", after } = place;
  const mistakes = mistakesIn(list);
  const select = (name: string, values: Readonly<Record<string, string>>) => (
    <label>
      {word(name)}
      <select name={name}>
        {Object.entries(values).map(([value, label]) => (
          <option key={value} value={value} selected={place[name] === value}>
            {word(label)}
          </option>
        ))}
      </select>
    </label>
  );
  const choice = (name: string, ids: string[]) =>
    !list.page?.isReadOnly && (
      <input
        type="checkbox"
        aria-label={word("choose", name)}
        checked={ids.every((id) => chosen.includes(id))}
        onChange={({ currentTarget: { checked } }) =>
          update({ chosen: [...chosen.filter((id) => !ids.includes(id)), ...(checked ? ids : [])] })
        }
      />
    );
  return (
    <>
      <nav>
        {VIEWS.map((name) => (
          <a key={name} href={hrefOf({ view: name, after: "" })} aria-current={name === view && "page"}>
            {word(name)}
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
        <Field name="number" value={place["number"]} mistake={mistakes[place["type"] ?? "helpdesk-number"]} />
        {view === "list" && select("state", { "": "–", ...SubmissionState })}
        {view !== "expired" && select("reason", { "": "–", ...SubmissionReason })}
        {["branch", "client", "since", "until"].map((name) => (
          <Field key={name} name={name} value={place[name]} mistake={mistakes[name]} />
        ))}
      </form>
      {rows.length === 0 && list.page && <p>{list.refusal || word("none")}</p>}
      <table hidden={rows.length === 0}>
        <thead>
          <tr>
            <td>
              {choice(
                word("all"),
                rows.map(({ id }) => id),
              )}
            </td>
            {["age", "number", "operation", "reason", "client"].map((name) => (
              <th key={name}>{word(name)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>{choice(row.id, [row.id])}</td>
              <Cells row={row} />
            </tr>
          ))}
        </tbody>
      </table>
      <nav>
        {after && <a href={hrefOf({ after: "" })}>{word("first")}</a>}
        {next && <a href={hrefOf({ after: next })}>{word("next")}</a>}
        <button onClick={() => void saveList(view)}>{word("save")}</button>
      </nav>
      {chosen.length > 0 && <Actions rows={rows.filter(({ id }) => chosen.includes(id))} />}
      <Verdicts />
    </>
  );
}

function Cells({ row }: { row: Submission }) {
  const since = row.settledAt ?? row.createdAt;
  return (
    <>
      <td>
        <a href={hrefOf({ id: row.id })}>{durationOf(secondsSince(since))}</a> <Clock at={since} />
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
    </>
  );
}

/** Form that saves what operators decided in a period. */
function Verdicts() {
  const [answer, setAnswer] = useState<Answer>({});
  const mistakes = mistakesIn(answer);
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const given = Array.from(new FormData(event.target as HTMLFormElement)).filter(
      ([, value]) => value !== "",
    );
    const found = await run("verdicts", { ...(Object.fromEntries(given) as object), csv: true });
    if (!found.refusal) save("verdicts.csv", found.text ?? "");
    setAnswer(found);
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Field name="from" label="since" mistake={mistakes["from"]} />
      <Field name="to" label="until" mistake={mistakes["to"]} />
      <button>{word("verdicts")}</button>
    </form>
  );
}

/** Saves all pages of the list. */
async function saveList(name: string): Promise<void> {
  const [command, options] = listed();
  const lines: string[] = [];
  for (let after: string | null = ""; after !== null;) {
    const given = { ...options, csv: true, first: "1000", ...(after && { after }) };
    const { text = "", submissions = [], next = null } = await run(command, given);
    if (submissions.length > 0) lines.push(...text.split("\n").slice(lines.length > 0 ? 1 : 0));
    after = next;
  }
  save(`${name}.csv`, lines.join("\n"));
}
