import { useEffect, useRef } from "preact/hooks";
import { REFERENCES } from "../../../tickets/submission.ts";
import { Actions } from "./actions.tsx";
import { hrefOf, state, verdictWord } from "./state.ts";
import { Clock, Copy, Value } from "./values.tsx";
import { word } from "./words.ts";

const TIMES = ["createdAt", "settledAt", "nextTryAt", "deliverBy"] as const;
const FACTS = ["clientId", "requestedBy", "requestedStatus", "attempts", "refusedField"] as const;
const NUMBERS = ["id", ...REFERENCES, "traceId"] as const;

const isTime = (name: string) => TIMES.some((time) => time === name);
const isNumber = (name: string) => NUMBERS.some((number) => number === name);

/** One submission: its numbers, who asked, what was wanted, what happened and when, and the verdicts. */
export function Detail() {
  const { submission, refusal, page } = state.shown;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [submission?.id, submission?.settledAt]);
  if (!submission) return <p>{refusal}</p>;
  const { operation, state: now, reason, resolutions = [] } = submission;
  return (
    <>
      <a href={hrefOf({ id: "" })}>{word("back")}</a>
      <h2 tabIndex={-1} ref={heading}>
        {word(operation)}: {word(now)} <small>{reason}</small>
      </h2>
      <dl>
        {[...NUMBERS, ...FACTS, ...TIMES].map((name) => {
          const value = submission[name];
          return (
            value != null && (
              <div key={name}>
                <dt>{word(name)}</dt>
                <dd>
                  {isTime(name) ? <Clock at={String(value)} /> : <Value of={value} />}{" "}
                  {isNumber(name) && <Copy of={String(value)} name={word(name)} />}
                </dd>
              </div>
            )
          );
        })}
      </dl>
      {!page?.isReadOnly && <Actions key={`${submission.id}${submission.settledAt}`} rows={[submission]} />}
      {resolutions.length > 0 && <h3>{word("resolutions")}</h3>}
      <ol>
        {resolutions.map(
          ({ resolvedAt, verdict, resolvedByPerson, resolvedBy, ticketId, ticketNumber, note }) => (
            <li key={resolvedAt + note}>
              <Clock at={resolvedAt} /> <Value of={resolvedByPerson ?? resolvedBy} />: {verdictWord(verdict)}{" "}
              <Value of={ticketId ?? ""} /> <Value of={ticketNumber ?? ""} />{" "}
              <q>
                <Value of={note} />
              </q>
            </li>
          ),
        )}
      </ol>
    </>
  );
}
