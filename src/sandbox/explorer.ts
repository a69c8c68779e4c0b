/** An explorer for development that needs no internet. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { readExamples } from "./examples.ts";

/** Package of the explorer. The constant hides it from TypeScript, because its types need those of a browser. */
const GRAPHIQL: string = "@graphql-yoga/render-graphiql";

/** Keeps a tab in its place. GraphiQL moves it away under the pointer when the tabs are wider than the page, and the first click is lost. */
const STILL_TABS = "<style>.graphiql-tab { transform: none !important; }</style>";

/** The call that starts GraphiQL, at the end of its page. */
const START = "YogaGraphiQL.renderYogaGraphiQL(";

/**
 * Starts GraphiQL with the tab that was open before a reload; by itself it adds a tab then, with the variables of the first one. For a moment
 * after a click on a tab GraphiQL names the operation of the tab before, so a name that the operation does not hold is left out. A pasted token
 * stays in the browser only when its user wants that. The ids of the examples stand for those of the first example's ticket and submission, which are
 * looked up by its number and key: a read sends no mutation.
 */
const START_AGAIN = `
  const [TICKET_ID, SUBMISSION_ID] = ["690d950c5f287ad0ff3bd9d5", "00000000-0000-7000-8000-000000000000"];
  const FIRST = "query ($number: String!, $key: String!) {" +
    " tickets: ticketsByReference(reference: { type: HELPDESK_TICKET_NUMBER, value: $number }) { id }" +
    " submission: ticketSubmissionByKey(operation: CREATE_HELPDESK_TICKET, idempotencyKey: $key) { id } }";
  let first;
  async function withIds(variables, more) {
    const text = JSON.stringify(variables ?? {});
    if (!first || !(text.includes(TICKET_ID) || text.includes(SUBMISSION_ID))) return variables;
    const { input } = JSON.parse(first.variables);
    const asked = { number: input.helpdeskTicketNumber, key: input.idempotencyKey };
    const { tickets, submission } = (await ask({ query: FIRST, variables: asked }, more)).data ?? {};
    const ids = [tickets?.[0]?.id ?? TICKET_ID, submission?.id ?? SUBMISSION_ID];
    return JSON.parse(text.replaceAll(TICKET_ID, ids[0]).replaceAll(SUBMISSION_ID, ids[1]));
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
  const defaultTabs = await readExamples().catch(() => []);
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
