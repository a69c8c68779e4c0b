import { globSync } from "node:fs";
import { join, parse } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { openExamples } from "../../sandbox/examples.ts";
import { hasBrowser, openWindow } from "../support/browser.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { startService } from "../support/service.ts";

/** The picture in the README. `npm run pictures` names its folder. */
const FOLDER = process.env["PICTURES"];

/** Opens the page at `path` of a new service in development, which has the examples' tickets. It fails every request to another machine. */
async function openPage(path: string, hasTickets = true) {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startService({ config: { APP_MODE: "development" } }));
  if (hasTickets) await openExamples(service.url);
  const page = opening.use(await openWindow({ viewport: { width: 1280, height: 720 } }));
  const elsewhere: string[] = [];
  await page.route(/^https?:/, (route) => {
    if (route.request().url().startsWith("http://127.0.0.1:")) return route.continue();
    elsewhere.push(route.request().url());
    return route.abort("internetdisconnected");
  });
  await page.goto(new URL(path, service.url).href);
  return Object.assign(opening.move(), { service, page, elsewhere });
}

interface Sent {
  query: string;
  variables: unknown;
}

async function tabNamesOn(page: Page): Promise<string[]> {
  await expect.poll(() => tabsOf(page).count()).toBe(OPERATIONS.length);
  return await tabsOf(page).allInnerTexts();
}

/** Presses play, waits for the answer and returns the operation that the page sent. The page may also ask for the schema just then, or look up the ids of the first example before. */
async function play(page: Page, name: string): Promise<Sent> {
  const sending = page.waitForRequest(
    (request) => request.method() === "POST" && Boolean(request.postData()?.includes(` ${name}(`)),
  );
  await page.getByRole("button", { name: /execute query/i }).click();
  const sent = await sending;
  await sent.response();
  return sent.postDataJSON() as Sent;
}

/** Lists without an item: nothing is in doubt, and no change is some seconds old. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(["DoubtfulSubmissions", "SubmissionChanges"]);

const tabsOf = (page: Page) => page.locator(".graphiql-tab-button");
const activeTabOf = (page: Page) => page.locator(".graphiql-tab-active .graphiql-tab-button");
const answerOf = (page: Page) => page.locator(".graphiql-response");

describe.runIf(hasBrowser)("the explorer, in a browser", () => {
  test("MUST show each operation at the first click on its tab, and play that one with its variables, without the internet", async () => {
    await using explorer = await openPage("/explorer");
    const { page, service } = explorer;
    const names = await tabNamesOn(page);

    let ids: { data: { createHelpdeskTicket: { ticket: { id: string }; submission: { id: string } } } } | undefined;
    for (const [index, name] of [...names.entries(), [0, names[0]!] as const]) {
      await tabsOf(page).nth(index).click();
      const sent = await play(page, name);
      const isFirst = ids === undefined;

      expect(await activeTabOf(page).innerText()).toBe(name);
      ids ??= JSON.parse(await answered(page)) as typeof ids;
      expect(sent).toMatchObject(withIds(exampleOf(name), ids!.data.createHelpdeskTicket));
      await expect.poll(() => page.locator(".squiggly-error, .squiggly-warning").count()).toBe(0);
      expect(await answered(page)).toMatch(MAY_BE_EMPTY.has(name) ? /"nodes"/ : /"(?:id|number)":/); // finds something
      await expect.poll(() => answerOf(page).innerText()).toContain('"data"');
      if (FOLDER && isFirst) await page.screenshot({ path: join(ROOT, FOLDER, "explorer.png") });
    }
    const { number } = service.sandbox.tickets[0]!;
    await expect.poll(() => answerOf(page).innerText()).toMatch(new RegExp(`"number":\\s*"${number}"`));
    expect(service.operations.filter(({ outcome }) => outcome !== "OK")).toEqual([]);
    expect(explorer.elsewhere).toEqual([]);
  });

  test("MUST send no mutation when a read is played, also while there is no ticket", async () => {
    await using explorer = await openPage("/explorer", false);
    const { page, service } = explorer;
    const names = await tabNamesOn(page);

    await tabsOf(page).nth(names.indexOf("Ticket")).click();
    await play(page, "Ticket");

    expect(await answered(page)).toMatch(/"ticket": ?null/);
    expect(new Set(service.operations.map(({ operationType }) => operationType))).toEqual(new Set(["query"]));
    expect(service.sandbox.received).toEqual([]);
  });

  test("MUST show the same tabs after it was loaded again, and play the same operation", async () => {
    await using explorer = await openPage("/explorer");
    const { page } = explorer;
    const names = await tabNamesOn(page);
    await tabsOf(page).nth(1).click();
    const before = await play(page, names[1]!);
    await page.waitForFunction(() => localStorage.getItem("graphiql:tabState")?.includes('"activeTabIndex":1'));

    await page.reload();

    await expect.poll(() => tabsOf(page).allInnerTexts()).toEqual(names);
    expect(await activeTabOf(page).innerText()).toBe(names[1]);
    const { query, variables } = await play(page, names[1]!);
    expect({ query, variables }).toEqual({ query: before.query, variables: before.variables });
  });

  test("MUST NOT keep a pasted token in the browser", async () => {
    await using explorer = await openPage("/explorer");
    const { page } = explorer;
    await tabNamesOn(page);
    await page.getByRole("button", { name: "Headers" }).click();
    await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)").click();
    await page.keyboard.insertText('{"authorization": "Bearer s3cret"}');
    await tabsOf(page).nth(1).click(); // stores the tab before
    await page.waitForFunction(() => localStorage.getItem("graphiql:tabState") !== null);

    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("s3cret");
  });
});

async function answered(page: Page): Promise<string> {
  await expect.poll(() => answerOf(page).innerText()).toContain('"data"');
  return (await answerOf(page).innerText()).replaceAll("\u00a0", " ");
}

/** Returns what the page sends for an example: the ids stand for those of the first tab's answer. */
function withIds(example: Sent, { ticket, submission }: Record<"ticket" | "submission", { id: string }>): Sent {
  const text = JSON.stringify(example)
    .replaceAll("690d950c5f287ad0ff3bd9d5", ticket.id)
    .replaceAll("00000000-0000-7000-8000-000000000000", submission.id);
  return JSON.parse(text) as Sent;
}

test("Every comment of an example MUST be read whole beside the answer", () => {
  for (const path of OPERATIONS)
    expect(
      repositoryText(path)
        .split("\n")
        .filter((line) => line.startsWith("#") && line.length > 48),
    ).toEqual([]);
});

const OPERATIONS = globSync("examples/operations/*.graphql", { cwd: ROOT });

function exampleOf(operation: string): Sent {
  const path = OPERATIONS.find((candidate) => repositoryText(candidate).includes(` ${operation}(`))!;
  const variables = repositoryText(`examples/operations/variables/${parse(path).name}.json`);
  return { query: repositoryText(path), variables: JSON.parse(variables) as unknown };
}

test("The pages MUST exist in development only", async () => {
  await using development = await startService({ config: { APP_MODE: "development" } });
  await using production = await startService();
  const shown = (path: string, { url } = development, init = {}) => fetch(new URL(path, url), init);

  const explorer = await shown("/explorer");
  expect(explorer.headers.get("content-encoding")).toBe("gzip");
  expect(await explorer.text()).toContain("CreateHelpdeskTicket");
  expect((await shown("/")).url).toBe(new URL("/explorer", development.url).href);
  for (const path of ["/explorer", "/"]) expect((await shown(path, production)).status).toBe(404);
  for (const path of ["/explorer", "/", "/operators/"]) {
    const policy = (await shown(path, development, { redirect: "manual" })).headers.get("content-security-policy");
    expect(policy).toContain("frame-ancestors 'none'"); // a click in a foreign page's frame could open a ticket
  }
  expect((await shown("/", production, { method: "POST" })).status).toBe(404);
});
