import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { optionOf, sinceOf } from "../../printable.ts";
import { Actions } from "./actions.tsx";
import { rememberShown } from "./keys.ts";
import { hrefOf, refusalOf, sightOf, state, verdictsOn } from "./state.ts";
import { Badges, Copied, clocksText, momentText } from "./values.tsx";
import { word } from "./words.ts";

const TIMES = new Set(["createdAt", "settledAt", "nextTryAt", "deliverBy", "resolvedAt"]);
const TICKETS = new Set(["ticketId", "conflictingTicketId"]);

/** One submission: its numbers, what happened and when, who asked, and the verdicts. */
export function Detail() {
  const { submission, page } = state.shown;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [sightOf(submission)]);
  const back = <a href={hrefOf({ id: "" })}>{word("back")}</a>;
  if (!submission)
    return (
      <section class="detail">
        {back}
        <p aria-busy={!page}>{page ? refusalOf(state.shown) : word("reading")}</p>
      </section>
    );
  const { state: _, actions: _actions, version: _version, ...shown } = submission;
  const verdicts = verdictsOn(submission);
  const { id, clientId, requestedBy, attempts, operation, reason, ...found } = shown;
  const setAgain = submission.state === "UNCERTAIN" ? word("setAgain") : ""; // an update, since a create has actions
  rememberShown(id);
  return (
    <section class="detail">
      {back}
      <h2 tabIndex={-1} ref={heading}>
        {word(operation)} <Badges of={submission} />
      </h2>
      <p>
        {word(reason ?? "")} <code>{reason}</code>{" "}
        {submission.state === "QUEUED" && submission.nextTryAt === null && <b>{word("forPerson")}</b>}
      </p>
      {submission.conflictingTicketId && (
        <aside>
          <h3>{word("conflictTitle")}</h3>
          {word(verdicts[0]?.verdict === "CREATED" ? "conflictOfCreated" : "conflictSteps")}
        </aside>
      )}
      <Facts of={{ ...found, settledAt: sinceOf(submission), clientId, requestedBy, attempts, id }} />
      {verdicts.length > 0 && <h3>{word("resolutions")}</h3>}
      <ol>
        {verdicts.map(({ nth, verdict, client, person, at, ticketId, ticketNumber, note }) => (
          <li key={nth}>
            <b>{word(optionOf(verdict!))}</b>
            <Facts
              of={{ resolvedByPerson: person ?? client, ticketId, ticketNumber, resolvedAt: at, note }}
            />
          </li>
        ))}
      </ol>
      {!page?.isReadOnly && <Actions key={sightOf(submission)} rows={[submission]} none={setAgain} />}
    </section>
  );
}

/** Values with their labels, each to be copied. A ticket leads to its page in Sociomile, where that has an address. */
function Facts({ of }: { of: Partial<Record<string, string | number | null>> }) {
  const known = Object.entries(of).flatMap(([name, value]) =>
    value == null ? [] : [[name, String(value)] as const],
  );
  const address = state.shown.page?.ticketUrl;
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
