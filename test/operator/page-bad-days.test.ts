/** The page on bad days: a ledger that goes away, 10,000 doubts, hostile rows; and its form for every reader. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { describe, expect, inject, test } from "vitest";
import refusals from "../../src/operator/page/browser/refusals.id.json" with { type: "json" };
import { WORDS } from "../../src/operator/printable.ts";
import { captured } from "../support/captured.ts";
import { hasBrowser, soon } from "../support/browser.ts";
import { faultyDatabase } from "../support/faulty-database.ts";
import { startBusyDay } from "./busy-day.ts";
import { openPageOf } from "./opened-page.ts";
import { CREATED, type OperatedService, startOperatedService } from "./operator-process.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Text that HTML, a script, a terminal or a reader could obey. */
const HOSTILE = `<img src=x onerror="document.title='x'"><script>document.title='x'</script>\u202E\u001B[2J"'&`;
const SHOWN = String.raw`<img src=x onerror="document.title='x'"><script>document.title='x'</script>\u{202e}\u{1b}[2J"'&`;

/** Makes copies of a doubt. Each is a minute older than the one before, or than those that `after` made. */
async function copyDoubt(service: OperatedService, copies: number, after = 0): Promise<void> {
  const [row] = await service.sql.run("SELECT * FROM submissions ORDER BY id DESC LIMIT 1");
  const names = Object.keys(row!);
  const insert = `INSERT INTO submissions (${names.join()}) VALUES (${names.map(() => "?").join()})`;
  await service.sql.run("BEGIN");
  for (let nth = after + 1; nth <= after + copies; nth++) {
    const id = Buffer.from(row!["id"] as Uint8Array);
    id.writeUIntBE(id.readUIntBE(0, 6) - nth * 60_000, 0, 6);
    randomBytes(8).copy(id, 8);
    const changes = {
      id,
      key_hash: null,
      settled_at: Number(row!["settled_at"]) - nth * 60_000,
      branch_code: nth % 2 ? "001" : "002",
    };
    await service.sql.run(insert, ...Object.values({ ...row, ...changes }));
  }
  await service.sql.run("COMMIT");
}

/** Findings of axe-core on a page, with the rules for WCAG and good practice. */
async function findingsOn(page: Page): Promise<unknown[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    "axe.run()",
  );
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}

/** Tells whether the page scrolls sideways, also in the narrowest window that WCAG 2.2 asks for (1.4.10). */
async function isWiderThanItsWindow(page: Page): Promise<boolean> {
  const usual = page.viewportSize()!;
  let isWider = false;
  for (const width of [usual.width, 320]) {
    await page.setViewportSize({ ...usual, width });
    isWider ||= await page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
  }
  await page.setViewportSize(usual);
  return isWider;
}

/** Function of a browser that returns the texts in an element, each apart. */
const TEXTS_IN = `const textsIn = (element) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) found.push(texts.currentNode.data);
  return found;
};`;

/** Finds words that stand on two lines. */
const BROKEN_WORDS = `(() => {
  const broken = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode())
    for (const { 0: word, index } of texts.currentNode.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + word.length);
      if (new Set(Array.from(range.getClientRects(), ({ top }) => Math.round(top))).size > 1) broken.push(word);
    }
  return broken;
})()`;

describe.runIf(hasBrowser)("the page on a bad day", () => {
  test("MUST say that the ledger is away, and go on by itself when it is back", async () => {
    await using database = await faultyDatabase(inject("postgresUrl"));
    const [{ url, network } = { url: "", network: null }] = database.ways;
    await using service = await startOperatedService("PostgreSQL", database.directUrl);
    await service.doubt("createHelpdeskTicket");
    await using opened = await openPageOf(url);
    const { page, rows, header, alert } = opened;
    await expect.poll(rows).toBe(1);

    network!.refuse();
    network!.cut();
    await expect.poll(alert).toMatch(/^The ledger does not answer in time\. What you see is from \d{4}-/);
    expect(await rows()).toBe(1);
    await page.reload();
    await expect.poll(alert).toBe("The ledger does not answer in time.");
    expect(await header()).toContain("? In doubt");
    await network!.recover();

    await expect.poll(alert).toBe("");
    expect(await rows()).toBe(1);
  });

  test("MUST show 10,000 doubts, filtered and page by page, and MUST NOT tell a change of one that an older one has moved to the next page", async () => {
    await using service = await startOperatedService("SQLite");
    await service.doubt("createHelpdeskTicket");
    await copyDoubt(service, 9999);
    await using opened = await openPageOf(service.ledgerUrl);
    const { page, results, header } = opened;
    const rows = page.locator("tbody tr");
    await expect.poll(header).toContain("10000 In doubt");
    await expect.poll(() => rows.count()).toBe(100);
    expect(await rows.first().innerText()).toMatch(/^\s*6 d[^]*Branch 001/);

    const box = page.locator("tbody input").nth(99);
    await box.check();
    const form = (await page.locator(".actions").boundingBox())!;
    expect((await box.boundingBox())!.y).toBeLessThan(form.y); // it is not below the form
    await copyDoubt(service, 1, 9999);
    await expect.poll(header).toContain("10001 In doubt");
    await expect.poll(() => page.locator("tbody :checked").count()).toBe(0);
    expect(await results()).toBe("");

    await opened.filterBy("Branch", "002");
    await soon(rows.first()).toContain("Branch 002");
    const filtered = await rows.first().innerText();
    await page.getByRole("link", { name: "Next page" }).click();
    await soon(rows.first()).not.toBe(filtered);
    expect(await rows.count()).toBe(100);
  });

  test("MUST show hostile text as text, in numbers, names and notes", async () => {
    await using service = await startOperatedService("SQLite");
    const id = await service.doubt("createHelpdeskTicket");
    await service.json("resolve", id, ...CREATED);
    const ofSubmission = "helpdesk_ticket_number branch_code client_id requested_by trace_id refused_field";
    for (const column of ofSubmission.split(" "))
      await service.sql.run(`UPDATE submissions SET ${column} = ?`, HOSTILE);
    for (const column of ["note", "person", "ticket_number"])
      await service.sql.run(`UPDATE actions SET ${column} = ?`, HOSTILE);
    const by = HOSTILE.replaceAll(/\p{Cc}|\u202E/gu, "");
    await using opened = await openPageOf(service.ledgerUrl, { by });
    const { page, main } = opened;
    await page.goto(`${opened.url}#view=list`);
    await soon(page.locator("tbody")).toContain(`Helpdesk number ${SHOWN}`);
    await page.locator("tbody a").click();
    await soon(page.locator(".detail ol")).toContain(SHOWN);

    const text = await main();
    expect(text.split(SHOWN)).toHaveLength(13);
    expect(text).not.toMatch(/[^\P{Cc}\n\t]|\u202E/u);
    expect(await page.title()).toBe("Sociomile: requests to look at");
    expect(await page.locator("img, main script").count()).toBe(0);
    expect(opened.faults).toEqual([]);
  });

  // A window of half the width shows what zooming to 200 % shows.
  const WINDOWS = [
    { width: 1280, height: 800 },
    { width: 640, height: 360 },
    { width: 390, height: 844 },
  ];
  test.each([
    ["light", "en-US"],
    ["dark", "id-ID"],
  ] as const)("MUST be readable by everybody, in every window: %s, %s", async (colorScheme, locale) => {
    await using service = await startBusyDay();
    const { ids } = service;
    for (const viewport of WINDOWS) {
      await using opened = await openPageOf(service.ledgerUrl, { colorScheme, locale, viewport });
      const { page, url, rows } = opened;
      const check = async () =>
        expect([viewport, await findingsOn(page), await isWiderThanItsWindow(page)]).toEqual([
          viewport,
          [],
          false,
        ]);
      await expect.poll(rows).toBe(3);
      const row = page.locator("tbody tr").first();
      expect((await row.boundingBox())!.y).toBeLessThan(viewport.height); // in the first screen
      expect(viewport.width === 1280 ? await page.evaluate(BROKEN_WORDS) : []).toEqual([]);
      await check();
      await page.locator("thead input").check();
      await page.getByRole("radio").first().check();
      const form = (await page.locator(".actions").boundingBox())!;
      expect(form.y + Math.min(form.height, 60)).toBeLessThanOrEqual(viewport.height); // at the edge, not below the rows
      await check();

      await page.goto(`${url}#id=${ids.old}`);
      await page.getByRole("radio").first().check();
      await page.locator("input[name=created]").fill("no id");
      await page.locator("input[name=note]").fill("n");
      await page.keyboard.press("Enter");
      await soon(page.locator(".actions small").first()).not.toBe("");
      await check();
      for (const hash of [
        `#view=conflicts&id=${ids.conflict}`,
        "#view=queue",
        "#view=expired&since=7d",
        "#branch=none",
      ]) {
        await page.goto(`${url}${hash}`);
        await expect.poll(() => page.locator("main [aria-busy=true]").count()).toBe(0);
        await check();
      }
      await page.keyboard.press("?");
      await check();
      await page.keyboard.press("Escape");
    }
  });

  test("MUST speak Indonesian alone when it is Indonesian, but for names of fields and codes", async () => {
    await using service = await startBusyDay();
    const { ids } = service;
    await using opened = await openPageOf(service.ledgerUrl, { locale: "id-ID" });
    const { page, url } = opened;
    const known = wordsIn(
      [...Object.values(WORDS).map(([, indonesian]) => indonesian), ...Object.values(refusals)].join(" "),
    );
    const codes = /[A-Z0-9]+(?:_[A-Z0-9]+)+|\S*\d\S*/g; // and numbers, ids and times
    const sociomileSaid = "application/json unauthorized NamaNasabah required";
    const data = wordsIn(
      `Sociomile development Rina Budi case command line English WITA UTC CSV none customerName ${sociomileSaid}`,
    );
    for (const hash of [
      "",
      ...Object.values(ids)
        .flat()
        .map((id) => `#view=list&id=${id}`),
      ...["conflicts", "queue", "expired", "list"].map((view) => `#view=${view}`),
      "#since=kemarin&number=x1&branch=none",
    ]) {
      await page.goto(`${url}${hash}`);
      await expect.poll(() => page.locator("main [aria-busy=true]").count()).toBe(0);
      for (const radio of await page.getByRole("radio").all())
        if (await radio.isEnabled()) await radio.check();
      const texts = await page.evaluate<
        string[]
      >(`${TEXTS_IN} [document.title, ...textsIn(document.body), ...Array.from(
        document.querySelectorAll("[aria-label], [title], [placeholder]"),
        (one) => ["aria-label", "title", "placeholder"].map((name) => one.getAttribute(name) ?? "").join(" "))]`);
      const shown = wordsIn(texts.join(" ").replaceAll(codes, " "));
      expect([hash, [...shown.difference(known).difference(data)]]).toEqual([hash, []]);
    }
  });
});

/** Words of a text, in small letters. */
function wordsIn(text: string): Set<string> {
  return new Set(captured(text.toLowerCase(), /(\p{L}+)/gu));
}
