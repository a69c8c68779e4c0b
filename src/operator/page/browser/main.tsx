import { render } from "preact";
import { Detail } from "./detail.tsx";
import { List } from "./list.tsx";
import { arrive, hrefOf, look, state, totalOf, touch } from "./state.ts";
import { Name, Value } from "./values.tsx";
import { changeLanguage, durationText, word } from "./words.ts";

/** Pause between two looks at the ledger, and between two drawings of the clocks. Milliseconds. */
const LOOK_EVERY_MS = 4000;
const DRAW_EVERY_MS = 1000;

function Page() {
  const { counts, lost, place, said, unsaved } = state;
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
        <p role="alert">
          {lost && word(lost)} {lost && counts.page && word("asOf", counts.page.now)}{" "}
          {unsaved && word(unsaved)}
        </p>
      </header>
      <main>
        <div role="status">
          {Array.from(said, ([row, text]) => (
            <div key={row.id}>
              <a href={hrefOf({ id: row.id })}>{row.id}</a> <Name of={row} />: <Value of={text} />
            </div>
          ))}
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
  void look().finally(() => setTimeout(lookForEver, LOOK_EVERY_MS));
}

history.replaceState(null, "", `./${location.hash}`); // without the token
state.draw = draw;
draw();
setInterval(draw, DRAW_EVERY_MS);
addEventListener("hashchange", () => void arrive());
for (const event of ["pointerdown", "keydown"]) addEventListener(event, touch, { capture: true });
addEventListener("keydown", ({ key, target }) => {
  const isInForm = (target as Element).closest("form"); // what was typed would be lost
  if (key === "Escape" && state.place["id"] && !isInForm) location.hash = hrefOf({ id: "" });
});
lookForEver();
