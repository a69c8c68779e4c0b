import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Actions } from "./form.tsx";
import { rememberShown } from "./keys.ts";
import { NUMBERS } from "./place.ts";
import { session } from "./session.ts";
import { type Submission, hrefOf, sightOf, sinceOf, state } from "./state.ts";
import { Badges, Copied, Name, ageOf, clocksText, momentText } from "./values.tsx";
import { word } from "./words.ts";

type Facts = Readonly<Record<string, string | number | null>>;

/** One submission: what was asked, what is decided, others like it, its numbers, and who did what. */
export function Detail() {
  const { shown: submission, asked } = state;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [sightOf(submission)]);
  const back = <a href={hrefOf({ id: "" })}>{word("back")}</a>;
  if (!submission)
    return (
      <section class="detail">
        {back}
        <p aria-busy={submission === undefined}>{word(submission === undefined ? "reading" : "notFound")}</p>
      </section>
    );
  const { id, operation, reason, actions, version: _, state: is, ...found } = submission;
  const { numbers, others } = partsOf(found);
  const setAgain = is === "UNCERTAIN" ? word("setAgain") : ""; // an update, since a create has actions
  const known = asked.sight === sightOf(submission) ? asked : undefined;
  const verdict = actions.find((one) => one.verdict !== null)?.verdict;
  rememberShown(id);
  return (
    <section class="detail">
      {back}
      <h2 tabIndex={-1} ref={heading}>
        {word(operation)} <Badges of={submission} />
      </h2>
      <p>
        {word(reason ?? "")} <code>{reason}</code>{" "}
        {is === "QUEUED" && submission.nextTryAt === null && <b>{word("forPerson")}</b>}
      </p>
      {submission.conflictingTicketId && (
        <aside>
          <h3>{word("conflictTitle")}</h3>
          {word(verdict === "CREATED" ? "conflictOfCreated" : "conflictSteps")}
        </aside>
      )}
      <div class="asked">
        <Facts of={{ ...known?.asked?.submitted, ...numbers }} />
      </div>
      <Actions key={id} rows={[submission]} none={setAgain} />
      <Others title="samePhone" rows={known?.samePhone} />
      <Others title="others" rows={known?.others?.nodes.filter((other) => other.id !== id)} />
      <Facts of={{ ...others, settledAt: sinceOf(submission), id }} />
      {actions.length > 0 && <h3>{word("history")}</h3>}
      <ol reversed>
        {actions.map(({ type, verdict: is_, by, byPerson, ...more }) => (
          <li key={more.at + type}>
            <b>{is_ ? `${word(type)}: ${word(is_)}` : word(type)}</b>
            <Facts of={{ by: byPerson ?? by, ...more }} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Splits facts: numbers by which people search stand with what was asked. */
function partsOf(facts: Facts) {
  const names: readonly string[] = Object.values(NUMBERS);
  const { numbers = [], others = [] } = Object.groupBy(Object.entries(facts), ([name]) =>
    names.includes(name) ? "numbers" : "others",
  );
  return { numbers: Object.fromEntries(numbers), others: Object.fromEntries(others) };
}

function Others({ title, rows = [] }: { title: string; rows: readonly Submission[] | undefined }) {
  if (rows.length === 0) return null;
  return (
    <nav class="others" aria-label={word(title)}>
      <h3>{word(title)}</h3>
      {rows.map((row) => (
        <p key={row.id}>
          <a href={hrefOf({ id: row.id })}>
            {ageOf(row)} <Name of={row} />
          </a>{" "}
          <Badges of={row} />
        </p>
      ))}
    </nav>
  );
}

/** Values with their labels, each to be copied. A ticket leads to its page in Sociomile, where that has an address. */
function Facts({ of }: { of: Facts }) {
  const address = session.settings.ticketUrl;
  return (
    <dl>
      {Object.entries(of).map(([name, value]) => {
        if (value === null) return null;
        const isTime = /(?:^a|A)t$|^deliverBy$/.test(name);
        const text = isTime
          ? clocksText(String(value))
          : name === "requestedStatus"
            ? word(String(value))
            : String(value);
        return (
          <Fragment key={name}>
            <dt>{word(name)}</dt>
            <dd>
              <Copied of={text} name={word(name)} /> {isTime && <small>{momentText(String(value))}</small>}
              {address && /^(?:ticketId|conflictingTicketId)$/.test(name) && (
                <a href={address.replaceAll("{id}", encodeURIComponent(value))} target="_blank" rel="noreferrer">
                  {word("openTicket")}
                </a>
              )}
            </dd>
          </Fragment>
        );
      })}
    </dl>
  );
}
