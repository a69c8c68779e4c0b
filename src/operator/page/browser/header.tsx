import type { ComponentChildren } from "preact";
import { VIEWS } from "./place.ts";
import { hrefOf, state } from "./state.ts";
import { changeLanguage, durationText, word } from "./words.ts";

/** Counts, and the places of their lists. They show all there is, so they lead to lists without a filter. */
const COUNTS = [
  ["doubts", "#view=doubts"],
  ["conflicts", "#view=conflicts"],
  ["queue", "#view=queue"],
  ["expired", "#view=expired&since=24h"],
] as const;

/** Button that is not what its view is for. */
export function Quiet(props: {
  onClick: () => void;
  lang?: string;
  label?: string;
  children: ComponentChildren;
}) {
  return <button class="outline secondary" aria-label={props.label} {...props} />;
}

/** Bar at the top: what waits for somebody, and who looks. Below it the links to the lists, which keep the filters of every list. */
export function Header() {
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

/** Shows the list of the keys, or hides it. */
export function toggleKeys(): void {
  document.getElementById("keys")!.togglePopover();
}
