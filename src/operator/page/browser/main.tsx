import { render } from "preact";
import { clocksOf } from "../../printable.ts";
import { Detail } from "./detail.tsx";
import { Header, Quiet } from "./header.tsx";
import { onKey } from "./keys.ts";
import { List } from "./list.tsx";
import { arrive, hrefOf, lookAgain, state, update } from "./state.ts";
import { Name, Value, toNews } from "./values.tsx";
import { word } from "./words.ts";

/** Pause between two looks at the ledger, and between two drawings of the clocks. Milliseconds. */
const LOOK_EVERY_MS = 4000;
const DRAW_EVERY_MS = 1000;

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
setInterval(draw, DRAW_EVERY_MS);
addEventListener("hashchange", () => void arrive());
addEventListener("keydown", onKey);
addEventListener("beforeunload", (event) => state.progress !== "" && event.preventDefault());
lookForEver();
