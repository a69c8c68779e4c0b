import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Actions } from "./form.tsx";
import type { DetailsFragment } from "./generated/graphql.ts";
import { rememberShown } from "./keys.ts";
import { session } from "./session.ts";
import { type Submission, hrefOf, sightOf, sinceOf, state } from "./state.ts";
import { Badges, Copied, Name, ageOf, clocksText, momentText } from "./values.tsx";
import { sentenceOf, word } from "./words.ts";

const TIMES = new Set(["createdAt", "settledAt", "nextTryAt", "deliverBy", "at"]);
const TICKETS = new Set(["ticketId", "conflictingTicketId"]);
/** Problem of an id without a submission. */
const NOT_FOUND = {
  rule: null,
  field: null,
  limit: null,
  retryAfterSeconds: null,
  message: "No submission has this id.",
};

/** One submission: what was asked, what is decided, its numbers, and who did what. */
export function Detail() {
  const { shown: submission, asked } = state;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [sightOf(submission)]);
  const back = <a href={hrefOf({ id: "" })}>{word("back")}</a>;
  if (!submission)
    return (
      <section class="detail">
        {back}
        <p aria-busy={submission === undefined}>
          {submission === undefined
            ? word("reading")
            : sentenceOf({ ...NOT_FOUND, code: "SUBMISSION_NOT_FOUND" })}
        </p>
      </section>
    );
  const {
    id,
    clientId,
    requestedBy,
    attempts,
    operation,
    reason,
    actions,
    version: _,
    state: is,
    ...found
  } = submission;
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
      {known?.asked?.submitted && (
        <section class="asked" aria-label={word("asked")}>
          <Facts of={known.asked.submitted} />
        </section>
      )}
      <Actions key={id} rows={[submission]} none={setAgain} />
      <Others title="samePhone" rows={known?.samePhone} />
      <Others title="others" rows={known?.others?.nodes.filter((other) => other.id !== id)} />
      <Facts of={{ ...found, settledAt: sinceOf(submission), clientId, requestedBy, attempts, id }} />
      {actions.length > 0 && <h3>{word("history")}</h3>}
      <ol>
        {actions.map((action) => (
          <Done key={action.at + action.type} of={action} />
        ))}
      </ol>
    </section>
  );
}

function Done({ of: { type, verdict, by, byPerson, ...more } }: { of: DetailsFragment["actions"][number] }) {
  return (
    <li>
      <b>
        {word(type)}
        {verdict && `: ${word(verdict)}`}
      </b>
      <Facts of={{ by: byPerson ?? by, ...more }} />
    </li>
  );
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
function Facts({ of }: { of: Readonly<Record<string, string | number | null>> }) {
  const known = Object.entries(of).flatMap(([name, value]) =>
    value == null ? [] : [[name, String(value)] as const],
  );
  const address = session.settings.ticketUrl;
  return (
    <dl>
      {known.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{word(name)}</dt>
          <dd>
            <Copied of={shownAs(name, value)} name={word(name)} />{" "}
            {TIMES.has(name) && <small>{momentText(value)}</small>}
            {address && TICKETS.has(name) && (
              <a
                href={address.replaceAll("{id}", encodeURIComponent(value))}
                target="_blank"
                rel="noreferrer"
              >
                {word("openTicket")}
              </a>
            )}
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

function shownAs(name: string, value: string): string {
  return TIMES.has(name) ? clocksText(value) : name === "requestedStatus" ? word(value) : value;
}
