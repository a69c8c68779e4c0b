import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Actions } from "./actions.tsx";
import { sinceOf } from "../../printable.ts";
import { optionOf } from "../../words.ts";
import { hrefOf, refusalOf, state, versionOf } from "./state.ts";
import { Clock, Copied, Value } from "./values.tsx";
import { word } from "./words.ts";

const TIMES = new Set(["createdAt", "settledAt", "nextTryAt", "deliverBy"]);

/** The submission that was shown last. The keyboard goes back to its row. */
export const lastShown = { id: "" };

/** One submission: its numbers, who asked, what was wanted, what happened and when, and the verdicts. */
export function Detail() {
  const { submission, page } = state.shown;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [versionOf(submission)]);
  const back = <a href={hrefOf({ id: "" })}>{word("back")}</a>;
  if (!submission)
    return (
      <p>
        {page ? refusalOf(state.shown) : word("reading")} {back}
      </p>
    );
  const { operation, state: present, reason, resolutions = [], ...others } = submission;
  lastShown.id = submission.id;
  const facts = Object.entries({ ...others, settledAt: sinceOf(submission) }).flatMap(([name, value]) =>
    value === null ? [] : [[name, String(value)] as const],
  );
  return (
    <>
      {back}
      <h2 tabIndex={-1} ref={heading}>
        {word(operation)}: {word(present)} <small>{reason}</small>
      </h2>
      <dl>
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{word(name)}</dt>
            <dd>{TIMES.has(name) ? <Clock at={value} /> : <Copied of={value} name={word(name)} />}</dd>
          </Fragment>
        ))}
      </dl>
      {!page?.isReadOnly && <Actions key={versionOf(submission)} rows={[submission]} />}
      {resolutions.length > 0 && <h3>{word("resolutions")}</h3>}
      <ol>
        {resolutions.map((resolution) => (
          <li key={resolution.resolvedAt + resolution.note}>
            <Clock at={resolution.resolvedAt} />{" "}
            <Value of={resolution.resolvedByPerson ?? resolution.resolvedBy} />:{" "}
            {word(optionOf(resolution.verdict))} <Value of={resolution.ticketId ?? ""} />{" "}
            <Value of={resolution.ticketNumber ?? ""} /> <Value of={resolution.note} />
          </li>
        ))}
      </ol>
    </>
  );
}
