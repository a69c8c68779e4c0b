import { render } from "preact";
import { Detail } from "./detail.tsx";
import { onKey } from "./keys.ts";
import { List } from "./list.tsx";
import { arrive, lookAgain } from "./look.ts";
import { VIEWS, placeNow } from "./place.ts";
import { type Settings, begin, mayDo, openWindow, session, signIn, signOut } from "./session.ts";
import { forgetAll, hrefOf, secondsSince, state, update } from "./state.ts";
import { Name, Value, clocksText, toNews } from "./values.tsx";
import { changeLanguage, durationText, word } from "./words.ts";

/** Pause between two looks at the ledger, in milliseconds. */
const LOOK_EVERY_MS = 4000;

/** Counts, with what more there is to the addresses of their lists. They show all there is, so these have no filter. */
const COUNTS = { doubts: "", conflicts: "", queue: "", expired: "&since=24h" } as const;

function Page() {
  const { lost, place, progress, said, readAt } = state;
  const isEnded = session.is === "ended";
  return (
    <>
      <Header />
      <div id="news" tabIndex={-1} data-shown={isEnded || lost || progress || said.size || undefined}>
        <p role="alert">
          {isEnded ? word("ended") : lost && word(lost)}{" "}
          {!isEnded && lost && readAt > 0 && word("asOf", clocksText(new Date(readAt).toISOString()))}
          {isEnded && <button onClick={() => void openWindow()}>{word("again")}</button>}
        </p>
        <div role="status">
          {progress}
          {Array.from(said.values(), ({ row, text }) => (
            <div key={row.id}>
              <a href={hrefOf({ id: row.id })} title={row.id}>
                <Name of={row} />
              </a>
              : <Value of={text} />
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

/** Page of somebody who is not signed in. */
function Entrance() {
  return (
    <main class="entrance">
      <h1>Sociomile</h1>
      <p role="alert">{word(session.why || "signingIn")}</p>
      {session.is === "out" && <button onClick={() => void signIn()}>{word("signIn")}</button>}
      <Language />
    </main>
  );
}

function Language() {
  return (
    <button class="outline secondary" lang={word("otherCode")} onClick={() => (changeLanguage(), draw())}>
      {word("language")}
    </button>
  );
}

/** Bar at the top: what waits for somebody, and who looks. Below it the links to the lists, which keep the filters of every list. */
function Header() {
  const { view } = state.place;
  return (
    <>
      <header>
        <h1>Sociomile</h1>
        <nav aria-label={word("counts")}>
          {Object.entries(COUNTS).map(([name, more]) => {
            const { count = "?", oldest } = state.counts?.[name as keyof typeof COUNTS] ?? {};
            return (
              <a key={name} href={`#view=${name}${more}`} data-count={name} data-none={count === 0}>
                <b>{count}</b> <span>{word(name === "expired" ? "count-expired" : name)}</span>{" "}
                {oldest && <small>{word("oldest", durationText(secondsSince(oldest)))}</small>}
              </a>
            );
          })}
        </nav>
        <p>
          <Value of={session.person} /> {!mayDo("submission:resolve") && `(${word("mayNotResolve")})`} <Language />{" "}
          <button class="outline secondary" aria-label={word("keys")} popovertarget="keys">
            ?
          </button>
          {session.settings.issuer !== null && (
            <button class="outline secondary" onClick={() => void signOut()}>
              {word("signOut")}
            </button>
          )}
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
  const isIn = session.is === "in" || session.is === "ended";
  if (!isIn) forgetAll();
  document.documentElement.lang = word("code");
  const { doubts, conflicts } = state.counts ?? {};
  const sum = (doubts?.count ?? 0) + (conflicts?.count ?? 0);
  document.title = `${sum > 0 ? `(${sum}) ` : ""}${word("title")}`;
  render(isIn ? <Page /> : <Entrance />, document.body);
}

function lookForEver(): void {
  const looked = session.is === "in" ? lookAgain() : Promise.resolve();
  void looked.finally(() => setTimeout(lookForEver, LOOK_EVERY_MS));
}

state.draw = draw;
session.draw = draw;
draw();
addEventListener("hashchange", () => session.is === "in" && void arrive());
addEventListener("keydown", onKey);
addEventListener("beforeunload", (event) => state.progress !== "" && event.preventDefault());
const settings = (await (await fetch("config.json")).json()) as Settings;
await begin(settings);
state.place = placeNow(); // the sign-on's answer had another one
lookForEver();
