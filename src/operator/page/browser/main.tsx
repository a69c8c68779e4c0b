import { render } from "preact";
import { Detail } from "./detail.tsx";
import { List } from "./list.tsx";
import { arrive, hrefOf, lookAgain, state, totalOf, touch, update } from "./state.ts";
import { Name, Value, toNews } from "./values.tsx";
import { clocksOf } from "../../printable.ts";
import { changeLanguage, durationText, word } from "./words.ts";

/** Pause between two looks at the ledger, and between two drawings of the clocks. Milliseconds. */
const LOOK_EVERY_MS = 4000;
const DRAW_EVERY_MS = 1000;

function Page() {
  const { page } = state.place["id"] ? state.shown : state.list;
  const { counts, lost, place, progress, said, unsaved } = state;
  return (
    <>
      <header>
        <h1>{word("title")}</h1>
        <p>
          {counts.page?.by} {counts.page?.isReadOnly && `(${word("readOnly")})`}{" "}
          <button lang={word("otherCode")} onClick={() => (changeLanguage(), draw())}>
            {word("language")}
          </button>
        </p>
        <p>
          <b>{counts.page ? totalOf(counts) : "?"}</b> {word("UNCERTAIN")}
          {counts.counts?.map(({ reason, count }) => ` · ${count} ${reason}`)}
          {totalOf(counts) > 0 && ` · ${word("oldest", durationText(counts.oldestDoubtSeconds!))}`}
        </p>
      </header>
      <main>
        <div id="news" tabIndex={-1} data-shown={lost || unsaved || progress || said.size || undefined}>
          <p role="alert">
            {lost && word(lost)} {lost && page && word("asOf", clocksOf(new Date(page.now), page.zone))}{" "}
            {unsaved && word(unsaved)}
          </p>
          {said.size > 0 && (
            <button onClick={() => (update({ said: new Map() }), toNews())}>{word("close")}</button>
          )}
          <div role="status">
            {progress}
            {Array.from(said.values(), ({ row, text }) => (
              <div key={row.id}>
                <a href={hrefOf({ id: row.id })}>{row.id}</a> <Name of={row} />: <Value of={text} />
              </div>
            ))}
          </div>
        </div>
        {place["id"] ? <Detail /> : <List />}
      </main>
    </>
  );
}

/** Draws the page, and counts new doubts in its title. */
function draw(): void {
  document.documentElement.lang = word("code");
  document.title = `${state.fresh > 0 ? `(${state.fresh}) ` : ""}${word("title")}`;
  render(<Page />, document.body);
}

function lookForEver(): void {
  void lookAgain().finally(() => setTimeout(lookForEver, LOOK_EVERY_MS));
}

history.replaceState(null, "", `./${location.hash}`); // without the token
state.draw = draw;
draw();
setInterval(draw, DRAW_EVERY_MS);
addEventListener("hashchange", () => void arrive());
for (const event of ["pointerdown", "keydown"]) addEventListener(event, touch, { capture: true });
addEventListener("keydown", ({ key }) => {
  const inputs = [...document.querySelectorAll<HTMLInputElement>("form input")];
  const typed = inputs.some(({ size, value }) => size > 20 && value);
  if (key === "Escape" && state.place["id"] && !typed) location.hash = hrefOf({ id: "" }); // typed text would be lost
});
addEventListener("beforeunload", (event) => state.progress !== "" && event.preventDefault());
lookForEver();
