import { render } from "preact";
import { clocksOf } from "../../printable.ts";
import { Detail } from "./detail.tsx";
import { onKey } from "./keys.ts";
import { List } from "./list.tsx";
import type { Counts } from "../../list.ts";
import { VIEWS } from "./place.ts";
import { arrive, hrefOf, lookAgain, state, update } from "./state.ts";
import { Name, Value, toNews } from "./values.tsx";
import { changeLanguage, durationText, word } from "./words.ts";

/** Pause between two looks at the ledger, in milliseconds. */
const LOOK_EVERY_MS = 4000;

/** Counts, with what more there is to the addresses of their lists. They show all there is, so these have no filter. */
const COUNTS = { doubts: "", conflicts: "", queue: "", expired: "&since=24h" } as const;

function Page() {
  const { counts, list, lost, place, progress, said } = state;
  const page = counts.page ?? list.page;
  return (
    <>
      <Header />
      <div id="news" tabIndex={-1} data-shown={lost || progress || said.size || undefined}>
        <p role="alert">
          {lost && word(lost)} {lost && page && word("asOf", clocksOf(new Date(page.now), page.zone))}
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
          <button class="outline secondary" onClick={() => (update({ said: new Map() }), toNews())}>
            {word("close")}
          </button>
        )}
      </div>
      <main data-split={place["id"] !== undefined}>
        <List />
        {place["id"] && <Detail />}
      </main>
    </>
  );
}

/** Bar at the top: what waits for somebody, and who looks. Below it the links to the lists, which keep the filters of every list. */
function Header() {
  const { counts, page } = state.counts;
  const { view } = state.place;
  return (
    <>
      <header>
        <h1>Sociomile</h1>
        <nav aria-label={word("counts")}>
          {Object.entries(COUNTS).map(([name, more]) => {
            const { count = "?", oldestSeconds = null } = counts?.[name as keyof Counts] ?? {};
            const oldest =
              count !== 0 && oldestSeconds !== null && word("oldest", durationText(oldestSeconds));
            return (
              <a key={name} href={`#view=${name}${more}`} data-count={name} data-none={count === 0}>
                <b>{count}</b> <span>{word(`count-${name}`)}</span> {oldest && <small>{oldest}</small>}
              </a>
            );
          })}
        </nav>
        <p>
          {page && `${page.by} ${page.isReadOnly ? `(${word("readOnly")})` : ""} `}
          <button
            class="outline secondary"
            lang={word("otherCode")}
            onClick={() => (changeLanguage(), state.draw())}
          >
            {word("language")}
          </button>{" "}
          <button class="outline secondary" aria-label={word("keys")} popovertarget="keys">
            ?
          </button>
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
