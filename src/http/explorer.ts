import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Example operations of the repository, in which developers start the service. An image has none and needs none. */
const OPERATIONS = "examples/operations";

/** Package of the explorer. The constant hides it from TypeScript, because its types need those of a browser. */
const GRAPHIQL: string = "@graphql-yoga/render-graphiql";

/** Keeps a tab in its place. GraphiQL moves it away under the pointer when the tabs are wider than the page, and the first click is lost. */
const STILL_TABS = "<style>.graphiql-tab { transform: none !important; }</style>";

/** The call that starts GraphiQL, at the end of its page. */
const START = "YogaGraphiQL.renderYogaGraphiQL(";

/**
 * Starts GraphiQL with the tab that was open before a reload; by itself it adds a tab then, with the variables of the first one. For a moment
 * after a click on a tab GraphiQL names the operation of the tab before, so a name that the operation does not hold is left out. A pasted token
 * stays in the browser only when its user wants that.
 */
const START_AGAIN = `
  async function ask({ query, variables, operationName: name }, { headers } = {}) {
    const isNamed = new RegExp("(query|mutation) +" + name + "[^A-Za-z0-9_]").test(query);
    const operationName = isNamed ? name : undefined;
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...headers },
      body: JSON.stringify({ query, variables, operationName }),
    });
    return response.json();
  }
  function startGraphiQL(root, options) {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem("graphiql:tabState") ?? "{}");
    const { query, variables } = tabs?.[activeTabIndex] ?? {};
    const asked = new URLSearchParams(location.search).get("query") ?? query;
    const isStored = query !== undefined && asked === query;
    ${START}root, { ...options, shouldPersistHeaders: undefined, fetcher: ask, ...(isStored && { query, variables }) });
  }`;

/** Renders GraphiQL in one file, with a tab for each example. The package is not installed in production, so it is loaded here. */
export async function renderExplorer(): Promise<string> {
  const { renderGraphiQL } = (await import(GRAPHIQL)) as { renderGraphiQL: (options: object) => string };
  const defaultTabs = await examples().catch(() => []);
  const page = renderGraphiQL({
    title: "Sociomile",
    defaultTabs,
    variables: defaultTabs[0]?.variables, // for the first tab, which ignores its own
  });
  const start = page.lastIndexOf(START);
  const [before, after] = [page.slice(0, start), page.slice(start + START.length)];
  return `${before.replace("</head>", () => `${STILL_TABS}</head>`)}${START_AGAIN}\nstartGraphiQL(${after}`;
}

async function examples(): Promise<{ query: string; variables: string | null }[]> {
  const files = (await readdir(OPERATIONS)).filter((file) => file.endsWith(".graphql")).toSorted();
  return Promise.all(
    files.map(async (file) => ({
      query: await readFile(join(OPERATIONS, file), "utf8"),
      variables: await readFile(
        join(OPERATIONS, "variables", file.replace(".graphql", ".json")),
        "utf8",
      ).catch(() => null),
    })),
  );
}
