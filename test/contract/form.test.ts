import { join } from "node:path";
import type { Page } from "playwright-core";
import { rolldown } from "rolldown";
import { beforeAll, describe, expect, test } from "vitest";
import messages from "../../examples/messages.id.json" with { type: "json" };
import { startFederated } from "../supergraph/federated.ts";
import { listening, textOf } from "../supergraph/listening.ts";
import { hasBrowser, openWindow, soon } from "../support/browser.ts";
import { HELPDESK_TICKET, VOICE_TICKET } from "../support/inputs.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { startService } from "../support/service.ts";

/** Most lines of application code that a form, a waiting request and a ticket page may take, beside the files to copy and the labels. */
const MOST_LINES = 130;
const TOO_LONG = "a".repeat(256);
/** Fields that the schema wants. */
const MANDATORY = 11;

/** Address of GraphQL and its sandbox: the service itself, and two gateways. */
const FRONTS = {
  "the service": () => startService(),
  "Hive Gateway": () => startFederated({ gateway: "hive-gateway" }),
  "Apollo's gateway": () => startFederated({ gateway: "apollo-gateway" }),
} as const;

let script = "";
beforeAll(async () => {
  await using build = await rolldown({
    input: join(ROOT, "examples/form/complaint-form.ts"),
    platform: "browser",
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
    logLevel: "silent",
  });
  const { output } = await build.generate({ format: "iife" });
  script = output[0].code;
});

/** Serves the page, and passes what it asks on to GraphQL, as a front end's server does. The first `lost` answers get lost. */
async function serveForm(graphqlUrl: string, { lost = 0 } = {}) {
  let left = lost;
  return listening(0, async (request, response) => {
    if (request.method === "GET")
      return response
        .setHeader("content-type", "text/html; charset=utf-8")
        .end(`<body></body><script>${script.replaceAll("</script", "<\\/script")}</script>`);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(graphqlUrl, { method: "POST", headers, body: await textOf(request) });
    if (left-- > 0) return response.destroy();
    return response.setHeader("content-type", "application/json").end(await answer.text());
  });
}

async function openForm(front: keyof typeof FRONTS, options: { lost?: number; desk?: string } = {}) {
  await using opening = new AsyncDisposableStack();
  const graphql = opening.use(await FRONTS[front]());
  const served = opening.use(await serveForm(graphql.url, options));
  const page = opening.use(await openWindow());
  await page.goto(`${served.url}/?desk=${options.desk ?? "helpdesk"}`);
  return Object.assign(opening.move(), { sandbox: graphql.sandbox, page });
}

type Example = Readonly<Record<string, unknown>>;
async function fill(page: Page, changes: Record<string, string> = {}, example: Example = HELPDESK_TICKET) {
  const values = { ...example, ...changes };
  for (const [name, value] of Object.entries(values))
    if (typeof value === "string" || typeof value === "number")
      await page.locator(`input[name=${name}]`).fill(String(value).replace(/:\d\d[+]08:00$/, "")); // a local time
}
const press = (page: Page) => page.getByRole("button", { name: "Kirim" }).click();
async function changeTo(page: Page, status: string): Promise<void> {
  await page.locator("input[name=bsgTicketId]").fill("BSG-1");
  await page.locator("select").selectOption(status);
  await page.getByRole("button", { name: "Ubah" }).click();
}
const readingAt = (page: Page, field: string) => page.locator(`input[name=${field}] + samp`).innerText();
const problemAt = (page: Page, field: string) => page.locator(`output[name=${field}]`).innerText();

describe("the form of a newcomer", () => {
  test("MUST be written in few lines, without a case for a problem's code", () => {
    const code = repositoryText("examples/form/complaint-form.ts");

    expect(code.split("\n").length).toBeLessThanOrEqual(MOST_LINES); // as prettier writes them
    const codes = Object.keys(messages.codes).filter((each) => code.includes(each));
    expect([...codes, ...Object.keys(messages.rules).filter((each) => code.includes(each))]).toEqual([]);
  });

  const ofBrowser = describe.runIf(hasBrowser).each(Object.keys(FRONTS) as (keyof typeof FRONTS)[]);
  ofBrowser("in a browser, in front of %s", (front) => {
    test("MUST show each problem next to its field in Indonesian, and then the ticket with all that was submitted", async () => {
      await using scene = await openForm(front, { lost: 1 });
      const { page, sandbox } = scene;

      await press(page);
      await expect.poll(() => problemAt(page, "customerName")).toBe(messages.rules.REQUIRED);
      const shown = await page.locator("output").allInnerTexts();
      expect(shown.filter((text) => text === messages.rules.REQUIRED)).toHaveLength(MANDATORY);

      await fill(page, { amount: "200,000.00", helpdeskTicketNumber: "826282-826285", atmName: TOO_LONG });
      expect(await readingAt(page, "amount")).toBe("");
      await press(page);
      await expect.poll(() => problemAt(page, "amount")).toBe(messages.rules.NOT_AN_AMOUNT);
      expect(await problemAt(page, "helpdeskTicketNumber")).toBe(messages.rules.NOT_DIGITS);
      expect(await problemAt(page, "atmName")).toBe(messages.rules.TOO_LONG.replace("{limit}", "255"));

      await fill(page, { amount: "Rp 200.000,50" });
      expect(await readingAt(page, "amount")).toBe("Rp\u00a0200.000,50");
      await press(page);
      await soon(page.locator("h1")).toMatch(/^Tiket \d+$/);
      await soon(page.locator("dl")).toContain("Nominal: 200000.50");
      expect(await page.locator("dl").innerText()).toContain(`Nama ATM: ${HELPDESK_TICKET.atmName}`);

      sandbox.setMood("cut-after", { times: 1 });
      await changeTo(page, "CLOSE");
      await soon(page.locator("#general")).toBe(messages.codes.STATUS_UNKNOWN);
      await soon(page.locator("p")).toContain("–; tidak pasti: Selesai");
      await changeTo(page, "CLOSE"); // the same button
      await soon(page.locator("p")).toContain("Selesai; tidak pasti: –");
      expect(await page.locator("#general").innerText()).toBe("");
      expect(await page.locator("dl").innerText()).toContain("Nominal: 200000.50"); // also after Sociomile's report
      expect(sandbox.tickets).toHaveLength(1);
    });

    test("MUST show how a phone number of the voice desk is read before it is sent", async () => {
      await using scene = await openForm(front, { desk: "voice" });
      const { page, sandbox } = scene;

      await fill(page, { customerPhone: "0812-3456-7890" }, VOICE_TICKET);
      expect(await readingAt(page, "customerPhone")).toBe("+62 812 3456 7890");
      expect(sandbox.received).toEqual([]);
      await press(page);

      await soon(page.locator("dl")).toContain("Nomor telepon: 081234567890");
      expect(sandbox.received).toHaveLength(1);
    });

    test("MUST show a request that waits, take it back, and send other input as another request", async () => {
      await using scene = await openForm(front);
      const { page, sandbox } = scene;
      sandbox.setMood("unauthorized");

      await fill(page);
      await press(page);
      await soon(page.locator("p")).toMatch(new RegExp(`^${messages.states.QUEUED} \\d+/\\d+/20\\d\\d, `)); // a local time
      await fill(page, { content: "Isi yang lain" });
      await press(page);
      await soon(page.locator("#general")).toBe(messages.codes.IDEMPOTENCY_KEY_REUSED);
      await page.getByRole("button", { name: "Batalkan" }).click();
      await soon(page.locator("p")).toBe(messages.reasons.CANCELLED);

      sandbox.setMood("well");
      await press(page);
      await soon(page.locator("h1")).toMatch(/^Tiket \d+$/);
      expect(await page.locator("dl").innerText()).toContain("Isi pengaduan: Isi yang lain");
      expect(sandbox.tickets).toHaveLength(1);
    });
  });
});
