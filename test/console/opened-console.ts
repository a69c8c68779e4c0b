import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, vi } from "vitest";
import { openWindow } from "../support/browser.ts";
import { postQuery } from "../support/client.ts";
import { operatorsWork } from "../support/doubts.ts";
import { freePort } from "../support/free-port.ts";
import { ROUTER_SECRET, TRUSTS_ROUTER } from "../support/issuer.ts";
import type { Engine } from "../support/ledgers.ts";
import { type Options, startService, startServiceOn } from "../support/service.ts";
import { startGateway, subgraphsAt } from "../supergraph/gateway.ts";
import { CLIENT_ID, startSignOn } from "./sign-on.ts";

export type Bank = Awaited<ReturnType<typeof startBank>>;

/** Starts a ledger's service for clients, and the same for operators as in production: behind a gateway, with the bank's sign-on and the console. */
export async function startBank(
  engine: Engine = "SQLite",
  config: Options["config"] = {},
  ledger?: { direct: string; operators: string },
) {
  await using opening = new AsyncDisposableStack();
  const clients = opening.use(await startServiceOn(engine, ledger ? { ledgerUrl: ledger.direct } : {}));
  const [port, gatewayPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}/operators/`;
  const graphqlUrl = `http://127.0.0.1:${gatewayPort}/`;
  const signOn = opening.use(await startSignOn(url));
  const service = opening.use(
    await startService({
      ledgerUrl: ledger?.operators ?? clients.place.url,
      sandbox: clients.sandbox,
      config: {
        PORT: port,
        ...TRUSTS_ROUTER,
        AUTH: "on",
        ...signOn.settings,
        CONSOLE_ISSUER: signOn.url,
        CONSOLE_CLIENT_ID: CLIENT_ID,
        CONSOLE_GRAPHQL_URL: graphqlUrl,
        ...config,
      },
    }),
  );
  vi.stubEnv("ROUTER_SECRET", ROUTER_SECRET);
  const subgraphs = subgraphsAt(service.url, "http://127.0.0.1:1");
  opening.use(await startGateway({ subgraphs, gateway: "apollo-gateway", port: gatewayPort }));
  const opened = opening.move();
  const { sql } = clients;
  return {
    url,
    graphqlUrl,
    signOn,
    service,
    clients,
    sql,
    ...operatorsWork(clients, sql),
    /** Gives a verdict as a colleague's tool does. */
    async resolve(id: string, input: object) {
      const query =
        "mutation M($input: ResolveTicketSubmissionInput!) { resolveTicketSubmission(input: $input) { problems { code } } }";
      const { data } = await postQuery(clients, query, { input: { submissionId: id, note: "n", ...input } });
      expect(data).toEqual({ resolveTicketSubmission: { problems: [] } });
    },
    async shown(id: string) {
      const query = `{ ticketSubmission(id: "${id}") { state ticketId conflictingTicketId actions { type byPerson note ticketNumber } } }`;
      const { data } = await postQuery(clients, query);
      return (data as { ticketSubmission: Record<string, unknown> }).ticketSubmission;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Types a name and a password into the sign-on's page. */
export async function typeName(page: Page, name: string): Promise<void> {
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("p");
  await page.keyboard.press("Enter");
}

/** Opens the console in a new window and signs in, as an operator does. `by` null: opens it alone. */
export async function openConsole(
  { url }: Pick<Bank, "url">,
  { by = "Rina", ...options }: BrowserContextOptions & { by?: string | null } = {},
) {
  await using opening = new AsyncDisposableStack();
  const page = opening.use(
    await openWindow({
      viewport: { width: 1280, height: 720 },
      locale: "en-US",
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    }),
  );
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && page.url().startsWith(url)) faults.push(message.text());
  });
  await page.goto(url);
  if (by !== null) {
    await typeName(page, by);
    await page.locator("header nav").waitFor();
  }
  const at = (selector: string) => page.locator(selector);
  const opened = Object.assign(opening.move(), {
    page,
    url,
    /** Errors in the browser's own console. */
    faults,
    /** Questions of the page, and whether the operator says yes to each. */
    questions: [] as string[],
    saysYes: true,
    results: () => at("#news [role=status]").innerText(),
    rows: () => at("tbody tr").count(),
    mistakes: () => at("form small").allInnerTexts(),
    filterBy: async (name: string, value: string) => {
      const field = page.getByRole("textbox", { name }).first();
      if ((await field.count()) === 0) await page.locator("summary").click();
      await field.fill(value);
      await page.keyboard.press("Enter");
    },
    main: () => at("main").innerText(),
    header: async () => (await at("header").innerText()).replaceAll(/\s+/g, " "),
    alert: () => page.getByRole("alert").innerText(),
    openFirst: async () => {
      await at("tbody a").first().click();
      await expect.poll(() => at("h2").count()).toBe(1);
    },
    /** Chooses that the ticket exists, and types what is known of it. */
    found: async (ticketId: string, note = "case 4711") => {
      await at("form.actions input[value=CREATED]").check();
      await at("[name=ticketId]").fill(ticketId);
      await at("[name=note]").fill(note);
    },
    save: () => at("form.actions button").click(),
  });
  page.on("dialog", (dialog) => {
    opened.questions.push(dialog.message());
    void (opened.saysYes ? dialog.accept() : dialog.dismiss());
  });
  return opened;
}
