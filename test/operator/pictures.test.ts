/** Pictures of the page for the documents. `npm run pictures` takes them. */
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { hasBrowser } from "../support/browser.ts";
import { ROOT } from "../support/repository.ts";
import { startBusyDay } from "./busy-day.ts";
import { openPageOf } from "./opened-page.ts";

/** Folder of the pictures, in the repository. Without it none is taken. */
const FOLDER = process.env["PICTURES"];
/** Pictures of the documents. ALL_PICTURES takes all, light and dark, wide and narrow, in Indonesian: they are for whoever changes the page. */
const ALL = process.env["ALL_PICTURES"];
const OF_DOCUMENTS = new Set(["list", "doubt", "conflict", "several"]);

async function shoot(page: Page, name: string): Promise<void> {
  if (!ALL && !OF_DOCUMENTS.has(name)) return;
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(ROOT, FOLDER!, `operators-${name}.png`) });
}

describe.runIf(hasBrowser && FOLDER)("pictures", () => {
  test("of the page", async () => {
    await using service = await startBusyDay();
    const { ids } = service;
    for (const scheme of ALL ? (["light", "dark"] as const) : (["light"] as const))
      for (const width of ALL ? [1280, 390] : [1280]) {
        const viewport = { width, height: width === 390 ? 844 : 800 };
        const opened = await openPageOf(service.ledgerUrl, {
          colorScheme: scheme,
          viewport,
          locale: ALL ? "id-ID" : "en-US",
        });
        const { page, url, rows } = opened;
        const go = async (hash: string) => {
          await page.goto(`${url}${hash}`);
          await page.waitForTimeout(1200);
        };
        const suffix = ALL ? `-${scheme}-${width}` : "";
        await expect.poll(rows).toBe(4);
        await shoot(page, `list${suffix}`);
        await go(`#id=${ids.young}`);
        await page.keyboard.press("1");
        await page.keyboard.insertText("690d950c5f287ad0ff3bd9da");
        await shoot(page, `doubt${suffix}`);
        await go(`#view=conflicts&id=${ids.conflict}`);
        await shoot(page, `conflict${suffix}`);
        await go("#view=queue");
        await shoot(page, `queue${suffix}`);
        await go("#view=list");
        await shoot(page, `all${suffix}`);
        await go("#view=doubts");
        await page.locator("thead input").check();
        await page.locator("form.actions input[type=radio]").first().check();
        await page.locator("form.actions input[name=note]").fill("case 4711");
        await page.waitForTimeout(800);
        await shoot(page, `several${suffix}`);
        await go("#view=expired&since=7d");
        await shoot(page, `expired${suffix}`);
        await go("#branch=none");
        await shoot(page, `none${suffix}`);
        await opened[Symbol.asyncDispose]();
      }
  });
});
