/** An explorer for development that needs no internet. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** Example operations of the repository, in which developers start the service. An image does not hold them. */
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
 * stays in the browser only when its user wants that. The ids of the examples stand for those of the first example's ticket and submission: it is
 * run before, which opens one ticket for its key, however often it is run.
 */
const START_AGAIN = `
  const [TICKET_ID, SUBMISSION_ID] = ["690d950c5f287ad0ff3bd9d5", "00000000-0000-7000-8000-000000000000"];
  let first;
  async function withIds(variables, more) {
    const text = JSON.stringify(variables ?? {});
    if (!first || !(text.includes(TICKET_ID) || text.includes(SUBMISSION_ID))) return variables;
    const { data } = await ask({ query: first.query, variables: JSON.parse(first.variables) }, more);
    const { ticket, submission } = Object.values(data ?? {})[0] ?? {};
    const ids = text.replaceAll(TICKET_ID, ticket?.id ?? TICKET_ID).replaceAll(SUBMISSION_ID, submission?.id ?? SUBMISSION_ID);
    return JSON.parse(ids);
  }
  async function ask({ query, variables: shown, operationName: name }, more = {}) {
    const { headers } = more;
    const variables = await withIds(shown, more);
    const isNamed = new RegExp("(query|mutation) +" + name + "[^A-Za-z0-9_]").test(query);
    const operationName = isNamed ? name : undefined;
    const response = await fetch("/graphql", { method: "POST",
      headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...headers },
      body: JSON.stringify({ query, variables, operationName }),
    });
    return response.json();
  }
  function startGraphiQL(root, options) {
    first = options.defaultTabs[0];
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem("graphiql:tabState") ?? "{}");
    const { query, variables } = tabs?.[activeTabIndex] ?? {};
    const asked = new URLSearchParams(location.search).get("query") ?? query;
    const isStored = query !== undefined && asked === query;
    ${START}root, { ...options, shouldPersistHeaders: undefined, fetcher: ask, ...(isStored && { query, variables }) });
  }`;

/**
 * Renders GraphiQL in one file of 9 MB, compressed with gzip, with a tab for each example. The package is not installed in production, so it is
 * loaded here.
 */
export async function renderExplorer(): Promise<Buffer> {
  const { renderGraphiQL } = (await import(GRAPHIQL)) as { renderGraphiQL: (options: object) => string };
  const defaultTabs = await examples().catch(() => []);
  const page = renderGraphiQL({
    title: "Sociomile",
    defaultTabs,
    variables: defaultTabs[0]?.variables, // for the first tab, which ignores its own
  });
  const start = page.lastIndexOf(START);
  const [before, after] = [page.slice(0, start), page.slice(start + START.length)];
  const head = before.replace("</head>", () => `${STILL_TABS}</head>`);
  return promisify(gzip)(`${head}${START_AGAIN}\nstartGraphiQL(${after}`);
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
