import { SubmissionReason, SubmissionState } from "../../../tickets/submission.ts";
import { clocksOf, secondsIn } from "../../printable.ts";
import { FILTERS, NUMBERS, RARE_FILTERS } from "./place.ts";
import { arrive, hrefOf, mistakesIn, state } from "./state.ts";
import { Field } from "./values.tsx";
import { durationText, word } from "./words.ts";

const codesOf = (codes: object) => ["", ...Object.keys(codes)].map((code) => [code, code || "any"] as const);
/** Reasons for which a queued request was never sent. */
const EXPIRED = [["", "DELIVERY_EXPIRED"] as const, ["REQUEST_UNREADABLE", "REQUEST_UNREADABLE"] as const];
const NO_FILTERS = Object.fromEntries([...FILTERS, "type", "after"].map((name) => [name, ""]));

/** One line of filters, of which the rare ones open on demand. */
export function Filters() {
  const { list, place } = state;
  const { view = "doubts", type = "helpdesk-number" } = place;
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
      {select("reason", view === "expired" ? EXPIRED : codesOf(SubmissionReason))}
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
  return word("understood", durationText(seconds), clocksOf(at, state.counts.page?.zone ?? "UTC"));
}
