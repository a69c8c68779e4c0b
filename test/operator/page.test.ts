/** Operators close doubts with the page, in a real browser beside the running service. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CHROMIUM } from "../support/browser.ts";
import { startOperatedService } from "./operator-process.ts";
import { openPageOf } from "./opened-page.ts";

const TICKET = "690d950c5f287ad0ff3bd9d9";

describe.skipIf(!existsSync(CHROMIUM))(`the page, in a browser (skipped without ${CHROMIUM})`, () => {
  test("MUST close a create as created", async () => {
    await using service = await startOperatedService("SQLite");
    const id = await service.doubt("createHelpdeskTicket");
    await using opened = await openPageOf(service.ledgerUrl);
    const { page } = opened;
    await page.screenshot({ path: "/tmp/p1.png" });
    await page.locator("tbody a").first().click();
    await page.getByLabel("The ticket exists").check();
    await page.getByLabel("Ticket's id in Sociomile").fill(TICKET);
    await page.getByLabel("Ticket's number in Sociomile").fill("32199");
    await page.getByLabel(/^Note/).fill("case 4711");
    await page.screenshot({ path: "/tmp/p2.png" });
    await page.getByRole("button", { name: "Do this for 1" }).click();
    await expect.poll(() => page.getByRole("status").first().innerText()).toContain("done by Rina");
    await page.screenshot({ path: "/tmp/p3.png", fullPage: true });
    expect(await service.json("show", id)).toMatchObject({ submission: { state: "CONFIRMED" } });
    expect(opened.faults).toEqual([]);
  });
});
