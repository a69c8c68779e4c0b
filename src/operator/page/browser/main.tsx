import { render } from "preact";
import { clocksOf } from "../../printable.ts";
import { Detail } from "./detail.tsx";
import { onKey } from "./keys.ts";
import { List } from "./list.tsx";
import { VIEWS } from "./place.ts";
import { arrive, hrefOf, lookAgain, state, update } from "./state.ts";
import { Name, Quiet, Value, toNews, toggleKeys } from "./values.tsx";
import { changeLanguage, durationText, word } from "./words.ts";

/** Pause between two looks at the ledger, in milliseconds. */
const LOOK_EVERY_MS = 4000;

/** Counts, and the places of their lists. They show all there is, so they lead to lists without a filter. */
const COUNTS = [
  ["doubts", "#view=doubts"],
  ["conflicts", "#view=conflicts"],
  ["queue", "#view=queue"],
  ["expired", "#view=expired&since=24h"],
] as const;

/** The submission that was shown last. The keyboard goes back to its row. */
let lastId = "";

function Page() {
  const { counts, list, lost, place, progress, said, unsaved } = state;
  const page = counts.page ?? list.page;
  lastId = place["id"] ?? lastId;
  return (
    <>
      <Header />
      <div id="news" tabIndex={-1} data-shown={lost || unsaved || progress || said.size || undefined}>
        <p role="alert">
          {lost && word(lost)} {lost && page && word("asOf", clocksOf(new Date(page.now), page.zone))}{" "}
          {unsaved}
        </p>
        <div role="status">
          {progress}
          {Array.from(said.values(), ({ row, text }) => (
            <div key={row.id}>
              <a href={hrefOf({ id: row.id })}>{row.id}</a> <Name of={row} />: <Value of={text} />
            </div>
          ))}
        </div>
        {said.size > 0 && (
          <Quiet onClick={() => (update({ said: new Map() }), toNews())}>{word("close")}</Quiet>
        )}
      </div>
      <main data-split={place["id"] !== undefined}>
        <List lastId={lastId} />
        {place["id"] && <Detail />}
      </main>
    </>
  );
}

/** Bar at the top: what waits for somebody, and who looks. Below it the links to the lists, which keep the filters of every list. */
function Header() {
  const { counts, page } = state.counts;
  const { view = "doubts" } = state.place;
  return (
    <>
      <header>
        <h1>Sociomile</h1>
        <nav aria-label={word("counts")}>
          {COUNTS.map(([name, href]) => {
            const { count = "?", oldestSeconds = null } = counts?.[name] ?? {};
            const oldest =
              count !== 0 && oldestSeconds !== null && word("oldest", durationText(oldestSeconds));
            return (
              <a key={name} href={href} data-count={name} data-none={count === 0}>
                <b>{count}</b> <span>{word(`count-${name}`)}</span> {oldest && <small>{oldest}</small>}
              </a>
            );
          })}
        </nav>
        <p>
          {page && `${page.by} ${page.isReadOnly ? `(${word("readOnly")})` : ""} `}
          <Quiet lang={word("otherCode")} onClick={() => (changeLanguage(), state.draw())}>
            {word("language")}
          </Quiet>{" "}
          <Quiet label={word("keys")} onClick={toggleKeys}>
            ?
          </Quiet>
        </p>
        <div popover="auto" id="keys">
          {word("keyList")}
        </div>
      </header>
      <nav class="tabs" aria-label={word("views")}>
        {Object.keys(VIEWS).map((name) => {
          const href = hrefOf({ view: name, after: "", reason: "", state: "", id: "" });
          return (
            <a key={name} href={href} aria-current={name === view && "page"}>
              {word(name)}
            </a>
          );
        })}
      </nav>
    </>
  );
}

/** Draws the page. Its title has the number of doubts and conflicts, for a second monitor. */
function draw(): void {
  document.documentElement.lang = word("code");
  const { doubts, conflicts } = state.counts.counts ?? {};
  const sum = (doubts?.count ?? 0) + (conflicts?.count ?? 0);
  document.title = `${sum > 0 ? `(${sum}) ` : ""}${word("title")}`;
  render(<Page />, document.body);
}

function lookForEver(): void {
  void lookAgain().finally(() => setTimeout(lookForEver, LOOK_EVERY_MS));
}

history.replaceState(null, "", `./${location.hash}`); // without the token
state.draw = draw;
draw();
addEventListener("hashchange", () => void arrive());
addEventListener("keydown", onKey);
addEventListener("beforeunload", (event) => state.progress !== "" && event.preventDefault());
lookForEver();
