/** Operators do their tasks with the page, in a real browser beside the running service. */
import { readFile } from "node:fs/promises";
import type { Page, Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import { captured } from "../support/captured.ts";
import { hasBrowser, soon } from "../support/browser.ts";
import { HELPDESK_TICKET, VOICE_TICKET } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { putOff } from "../support/queued.ts";
import { LATE_TICKET, startBusyDay } from "./busy-day.ts";
import { openPageOf, openPageWith } from "./opened-page.ts";
import { startOperatedService } from "./operator-process.ts";

const TICKET = "690d950c5f287ad0ff3bd9d9";
const EXISTS = "The ticket exists";
const NO_TICKET = "There is no ticket";
/** Names of the two creates of Sociomile's document. */
const NAMES = ["(a helpdesk ticket 826282)", `(a voice ticket ${VOICE_TICKET.sourceTicketId})`];

async function openFirst(page: Page): Promise<void> {
  await page.locator("tbody a").first().click();
  await expect.poll(() => page.getByRole("heading", { level: 2 }).count()).toBe(1);
}

const submitButton = (page: Page) => page.getByRole("button", { name: /^Save(?: \(\d+\))?$/ });

async function idsOn(page: Page): Promise<string[]> {
  const html = await page.locator("main").innerHTML();
  return captured(html, /<td><a href="[^"]*id=([\w-]+)"/g);
}

async function fillVerdict(page: Page, verdict: string, ticket: string | null = null): Promise<void> {
  await page.getByLabel(verdict, { exact: false }).check();
  if (ticket !== null) await page.getByRole("textbox", { name: "Ticket's id in Sociomile" }).fill(ticket);
  await page.getByLabel(/^Note/).fill("case 4711");
}

async function submitVerdict(page: Page, ...verdict: [verdict: string, ticket?: string]): Promise<void> {
  await fillVerdict(page, ...verdict);
  await submitButton(page).click();
}

const SLIP = ["--created", "690d950c5f287ad0ff3bslip", "--note", "n", "--by", "Budi"];

/** Clicks a button that saves a file, and returns its text. */
async function savedBy(page: Page, button: string): Promise<string> {
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  return readFile(await (await saving).path(), "utf8");
}

/** Holds back the requests whose body matches, until they are released. */
async function holdRequests(page: Page, pattern: RegExp) {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const held = { asked: 0, release };
  await page.route("**/api", async (route) => {
    if (pattern.test(route.request().postData()!)) {
      held.asked++;
      await promise;
    }
    await route.fallback();
  });
  return held;
}

async function chooseAll(page: Page): Promise<void> {
  await page.getByLabel("Choose all on this page").check();
  await fillVerdict(page, NO_TICKET);
}

/** Fetches for the browser, which finds names below localhost by itself. */
async function fetchHere(route: Route): Promise<void> {
  const request = route.request();
  const { host, port, pathname } = new URL(request.url());
  const headers = { ...(await request.allHeaders()), host };
  await route.fetch({ url: `http://127.0.0.1:${port}${pathname}`, headers });
}

describe.runIf(hasBrowser)("the page, in a browser", () => {
  test("MUST close a create as created, check id and number, and keep the verdict of no ticket closed for 15 minutes", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket"]);
    const { service, page, id, results, mistakes } = opened;
    const taken = (await mutate(service, "createHelpdeskTicket", { helpdeskTicketNumber: "1" })).payload!;
    await openFirst(page);

    expect(await page.getByLabel(NO_TICKET).isDisabled()).toBe(true);
    await soon(page.locator("fieldset")).toMatch(/There is no ticket \(possible in 15 min\)/);
    await page.getByLabel(EXISTS).check();
    expect(await submitButton(page).innerText()).toBe("Save (1)");
    expect(await page.getByText("Still missing: Ticket's id in Sociomile").count()).toBe(1);
    const field = page.getByRole("textbox", { name: "Ticket's id in Sociomile" });
    await field.fill("no id");
    expect(await page.getByText("Still missing: Note").count()).toBe(1);
    expect(await submitButton(page).isDisabled()).toBe(true);
    await page.getByLabel(/^Note/).fill("case 4711");
    await submitButton(page).click();
    await expect.poll(mistakes).toContain("Please enter an id, such as 690d950c5f287ad0ff3bd9d5.");
    await field.fill(taken.ticket!.id);
    await submitButton(page).click();
    await soon(page.locator(".actions small").first()).toContain(`${taken.submission!.id} holds the ticket`);
    await field.fill(TICKET);
    await page.getByRole("textbox", { name: "Ticket's number in Sociomile" }).fill("3219x");
    await submitButton(page).click();
    await soon(page.locator(".actions small").nth(1)).toMatch(/digits only/);
    await page.getByRole("textbox", { name: "Ticket's number in Sociomile" }).fill("32199");
    await submitButton(page).click();

    await expect.poll(results).toBe(`${id} ${NAMES[0]}: Recorded by Rina: ${EXISTS}.`);
    expect((await page.locator(".detail ol").innerText()).replaceAll(/\s+/g, " ")).toMatch(
      /^The ticket exists Decided by Rina .* 690d950c5f287ad0ff3bd9d9 .* 32199 .*WITA · .* UTC \d+ s ago Note case 4711$/,
    );
    expect(await service.shown(id)).toMatchObject({
      state: "CONFIRMED",
      ticketId: TICKET,
      actions: [{ person: "Rina", note: "case 4711", ticketNumber: "32199" }],
    });
    expect(opened.faults).toEqual([]);
  });

  test("MUST show one submission with both clocks and its numbers to copy, and nothing of the customer", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket"]);
    const { service, page, id, main } = opened;
    const received: string[] = [];
    page.on("response", async (response) => received.push(await response.text().catch(() => "")));
    await openFirst(page);

    await page.getByRole("button", { name: /^Copy Branch complaint number: / }).click();

    const copied = () => page.evaluate("navigator.clipboard.readText()");
    await expect.poll(copied).toBe(HELPDESK_TICKET.branchComplaintNumber);
    const { createdAt } = await service.shown(id);
    const [utc, manado] = ["UTC", "Asia/Makassar"].map((timeZone) =>
      new Date(createdAt).toLocaleString("sv", { timeZone }),
    );
    const text = await main();
    for (const shown of [id, "826282", "001", "CONNECTION_LOST", "In doubt", `${manado} WITA · ${utc} UTC`])
      expect(text).toContain(shown);
    const { customerName, customerEmail, cardNumber, accountNumber, description } = HELPDESK_TICKET;
    for (const hidden of [customerName, customerEmail, cardNumber, accountNumber, description])
      expect(received.join("\n")).not.toContain(String(hidden));
  });

  test("MUST correct a slip, say why the ledger refuses a verdict, and show every one", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket"]);
    const { service, page, id, results } = opened;
    const taken = (await mutate(service, "createHelpdeskTicket", { helpdeskTicketNumber: "1" })).payload!;
    await service.json("resolve", id, ...SLIP);
    await page.goto(`${opened.url}#view=list&helpdesk-number=826282`);
    await page.locator("tbody td").last().click(); // the whole row opens it
    await soon(page.locator("legend")).toBe("Correct the verdict");

    await submitVerdict(page, NO_TICKET);
    await expect
      .poll(results)
      .toMatch(new RegExp(`^${id} .*: The doubt is too young .*\\(possible in 1[5-9] min\\)$`));
    await submitVerdict(page, EXISTS, taken.ticket!.id);
    await expect
      .poll(results)
      .toBe(
        `${id} ${NAMES[0]}: The submission ${taken.submission!.id} holds the ticket with this id. If its verdict is wrong, correct that first.`,
      );
    await submitVerdict(page, EXISTS, TICKET);

    await expect.poll(results).toBe(`${id} ${NAMES[0]}: Recorded by Rina: ${EXISTS}.`);
    expect(opened.questions).toHaveLength(1); // the other verdict can be corrected at any time
    expect(await page.locator(".detail ol li").allInnerTexts()).toEqual([
      expect.stringMatching(`^${EXISTS}\\s+Decided by\\s+Rina[^]*${TICKET}`),
      expect.stringMatching(`^${EXISTS}\\s+Decided by\\s+Budi[^]*690d950c5f287ad0ff3bslip`),
    ]);
  });

  test("MUST tell refusals in the language of the page", async () => {
    const names = ["createHelpdeskTicket", "createVoiceTicket"] as const;
    await using opened = await openPageWith(names, { locale: "id-ID" });
    const { page, id, rows, results, mistakes } = opened;
    await expect.poll(rows).toBe(2);
    await opened.filterBy("Berubah sejak", "kemarin");
    await expect.poll(mistakes).toContainEqual(expect.stringMatching(/^Mohon isi waktu/));
    await page.goto(`${opened.url}#`);
    await page.getByLabel("Pilih semua di halaman ini").check();
    await page.getByLabel("Tiketnya tidak ada").check();
    await page.getByLabel(/^Catatan/).fill("kasus 4711");
    await page.getByRole("button", { name: "Simpan (2)" }).click();
    await expect
      .poll(async () => (await results()).split("\n"))
      .toEqual([
        expect.stringMatching(
          `^${id} \\(tiket helpdesk 826282\\): Permintaan ini terlalu baru .* \\(dapat dipilih dalam 15 menit\\)$`,
        ),
        expect.stringContaining(": Permintaan ini terlalu baru"),
      ]);

    await openFirst(page);
    await page.getByLabel("Tiketnya ada").check();
    await page.getByRole("textbox", { name: "Id tiket di Sociomile" }).fill("32199");
    await page.getByLabel(/^Catatan/).fill("kasus 4711");
    await page.getByRole("button", { name: "Simpan (1)" }).click();
    await expect.poll(mistakes).toContainEqual(expect.stringMatching(/Nomor tiket bukan id\.$/));
    await page.goto(`${opened.url}#id=00000000-0000-7000-8000-000000000000`);
    await soon(page.locator(".detail p")).toBe("Tidak ada permintaan dengan id ini.");
  });

  test.each([
    ["colleague", "Budi"],
    ["other window", "Rina"],
  ])("MUST tell an operator whose %s was faster, and overwrite nothing", async (_, by) => {
    await using first = await openPageWith(["createHelpdeskTicket"]);
    const { service, id } = first;
    await using second = await openPageOf(service.ledgerUrl, { by });
    for (const { page } of [first, second]) {
      await openFirst(page);
      await fillVerdict(page, EXISTS, TICKET);
      await expect.poll(() => submitButton(page).isEnabled()).toBe(true);
    }

    await submitButton(first.page).click();
    await expect.poll(first.results).toContain("Recorded by Rina: ");
    await submitButton(second.page)
      .click({ timeout: 3000 })
      .catch(() => {}); // it may have seen the change already

    await expect
      .poll(second.results)
      .toMatch(/(?:Nothing was done, this has changed meanwhile|This has changed)\. Rina: The ticket exists/);
    expect((await service.shown(id)).actions).toMatchObject([{ person: "Rina" }]);
  });

  test("MUST tell a late acceptance, and MUST NOT tell an earlier verdict when the key came again and Sociomile accepted it", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket"], { minutes: 16 });
    const { service, page, id, results } = opened;
    const changed = `${id} ${NAMES[0]}: This has changed.`;
    await openFirst(page);
    await submitVerdict(page, NO_TICKET);
    await expect.poll(results).toContain("Recorded by Rina: ");

    await service.sql.run(`UPDATE submissions SET conflicting_ticket_id = '${TICKET}'`);
    await expect.poll(results).toBe(`${changed} Ticket of a late acceptance: ${TICKET}`);
    await service.sql.run(
      "UPDATE submissions SET state = 'CONFIRMED', reason = 'ACCEPTED_BY_SOCIOMILE', ticket_id = 't', settled_at = settled_at + 2000, conflicting_ticket_id = NULL",
    );
    await expect.poll(results).toBe(`${changed} Done`);
  });

  test("MUST take back what waits, and try it now, but do nothing when its question is answered with no", async () => {
    await using opened = await openPageWith([]);
    const { service, page, results, rows } = opened;
    const [back, tried] = [await service.queue(), await service.queue("createVoiceTicket")];
    const stateOf = async (id: string) => (await service.shown(id)).state;
    await page.getByRole("link", { name: "Waiting", exact: true }).click();
    await expect.poll(rows).toBe(2);
    await openFirst(page);
    expect(await page.locator("legend").innerText()).toBe("Waits for delivery");
    await page.getByLabel("Take back").check();
    opened.saysYes = false;
    await submitButton(page).click();
    await expect.poll(() => opened.questions).toHaveLength(1);
    expect(await stateOf(back)).toBe("QUEUED");
    opened.saysYes = true;
    await submitButton(page).click();
    await expect.poll(results).toBe(`${back} ${NAMES[0]}: Recorded by Rina: Take back.`);
    await page.keyboard.press("Escape");
    await expect.poll(rows).toBe(1);
    service.sandbox.setMood("well");
    await openFirst(page);
    await page.getByLabel("Try now").check();
    await submitButton(page).click();

    await expect.poll(() => stateOf(tried)).toBe("CONFIRMED");
    expect(await stateOf(back)).toBe("NOT_EXECUTED");
    expect(opened.questions).toEqual(
      [...Array(2)].map(
        () => "Take back (1)?\n\nThe request is not sent any more. Its key may be used again.",
      ),
    );
  });

  test("MUST do the same with several, where it goes, and say which the ledger refuses", async () => {
    await using service = await startOperatedService("SQLite");
    const old = [await service.doubt("createHelpdeskTicket"), await service.doubt("createVoiceTicket")];
    const update = await service.doubt("updateTicketStatus");
    await service.age(16);
    const young = await service.doubt("createVoiceTicket");
    await using opened = await openPageOf(service.ledgerUrl);
    const { page, results, rows } = opened;
    const linesOn = async () => (await results()).split("\n");
    await page.goto(`${opened.url}#view=list&state=UNCERTAIN`);
    await expect.poll(rows).toBe(4);
    await chooseAll(page);

    const held = await holdRequests(page, new RegExp(`"id":"${old[1]}"`));
    await page.getByRole("button", { name: "Save (3)" }).click(); // not the update
    await expect.poll(results).toContain("1 of 3 are through.");
    held.release();

    const done = NAMES.map((name, nth) => `${old[nth]} ${name}: Recorded by Rina: ${NO_TICKET}.`);
    const refused = expect.stringContaining(`${young} ${NAMES[1]}: The doubt is too young`);
    await expect.poll(linesOn).toEqual([refused, ...done.toReversed()]);
    expect(await service.json("doubts")).toMatchObject({ submissions: [{ id: young }] });
    // It stays chosen.
    expect(await page.getByLabel(`Choose ${young}`).isChecked()).toBe(true);
    await page.getByLabel(`Choose ${update}`).uncheck();
    await service.age(15);
    await soon(page.locator("tbody tr").first()).toContain("15 min");
    await page.getByRole("button", { name: "Save (1)" }).click();
    await expect.poll(results).toContain(`${young} ${NAMES[1]}: Recorded by Rina: ${NO_TICKET}`);
    const focused = () => page.evaluate<string>("document.activeElement.id");
    await expect.poll(focused).toBe("news"); // the form is gone
    await page.getByRole("button", { name: "Close" }).click();
    expect([await results(), await focused()]).toEqual(["", "news"]);
  });

  test("MUST do nothing that its form does not show, give no other submission the ticket that was typed for one, and lose no key that is pressed fast", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket", "createVoiceTicket"], { minutes: 16 });
    const { service, page, results } = opened;
    const [one, two] = opened.ids;
    const field = page.locator("[name=created]");
    const isShown = async () => [
      await page.locator("[name=action]:checked").count(),
      await field.count(),
      await submitButton(page).isEnabled(),
    ];
    await page.getByLabel(`Choose ${one}`).check();
    await fillVerdict(page, EXISTS);
    await field.focus();
    const keyboard = await page.context().newCDPSession(page);
    const key = (text: string) => keyboard.send("Input.dispatchKeyEvent", { type: "char", text });
    await Promise.all(Array.from(TICKET, key)); // none waits for the one before
    await expect.poll(isShown).toEqual([1, 1, true]);

    await page.getByLabel(`Choose ${two}`).check();
    await expect.poll(isShown).toEqual([0, 0, false]);
    await page.getByLabel(`Choose ${two}`).uncheck();
    await expect.poll(isShown).toEqual([1, 1, true]);
    expect(await field.inputValue()).toBe(TICKET);
    await service.json("resolve", one, "--not-created", "--note", "n", "--by", "Budi");
    await expect.poll(() => page.locator("fieldset").count()).toBe(0);
    expect(await results()).toContain(`${one} ${NAMES[0]}: This has changed. Budi: ${NO_TICKET}`);
    await page.getByLabel(`Choose ${two}`).check();
    await expect.poll(isShown).toEqual([0, 0, false]);
    await page.getByLabel(EXISTS).check();
    expect(await field.inputValue()).toBe("");
  });

  test("MUST show an update in doubt by a filter alone, without a mark of its age or an action, and say what ends it", async () => {
    await using service = await startOperatedService("SQLite");
    const update = await service.doubt("updateTicketStatus");
    await service.age(16);
    await using opened = await openPageOf(service.ledgerUrl);
    const { page, rows, header } = opened;
    await expect.poll(header).toContain("0 In doubt");
    expect(await rows()).toBe(0);
    await page.goto(`${opened.url}#view=list&state=UNCERTAIN&id=${update}`);

    await soon(page.locator(".detail")).toContain("status may be set again at any time");
    expect(await page.locator("fieldset, [data-age]").count()).toBe(0);
  });

  test("MUST tell the age of the oldest doubt as the metric does, and that of a queued request since it was made", async () => {
    await using service = await startOperatedService("SQLite");
    await service.doubt("createHelpdeskTicket");
    const id = await service.queue("createVoiceTicket");
    await service.sql.run("UPDATE submissions SET settled_at = settled_at - 7200000");
    await service.sql.run("UPDATE submissions SET handed_in_at = handed_in_at - 10800000");
    await using opened = await openPageOf(service.ledgerUrl);
    const { page, results, header } = opened;
    await expect
      .poll(header)
      .toContain("1 In doubt oldest 2 h 0 Conflicts 1 Waiting oldest 3 h 0 Expired in 24 h");
    await page.getByRole("link", { name: "Waiting", exact: true }).click();
    const queued = page.getByRole("link", { name: `: a voice ticket ${id}` });
    await soon(queued).toMatch(/^\d+ s$/);

    // A failed try settles it anew. The form stays as it is.
    await queued.click();
    await page.getByLabel("Take back").check();
    await service.sql.run("UPDATE submissions SET settled_at = settled_at + 1000, attempts = 7");
    await soon(page.locator(".detail dl")).toMatch(/Attempts\s+7/);
    expect(await page.getByLabel("Take back").isChecked()).toBe(true);
    expect(await results()).toBe("");
  });

  test("MUST save all pages of a list as CSV, from its second page too, and pass over unknown parts of its address", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket", "createVoiceTicket"]);
    const { page, ids, alert } = opened;
    await page.goto(`${opened.url}#after=${ids[0]}&foo=bar&constructor=prototype`);
    await expect.poll(() => idsOn(page)).toEqual([ids[1]]);

    const saving = page.waitForEvent("download");
    const saved = (await savedBy(page, "Save this list as CSV")).split("\n").slice(1);
    expect(saved.map((row) => row.split(",")[0])).toEqual(ids);
    expect((await saving).suggestedFilename()).toBe("doubts.csv");
    expect(await alert()).toBe("");
    await page.goto(`${opened.url}#branch=${"0".repeat(20_000)}`);
    await expect.poll(alert).toContain("does not understand this");
  });

  test("MUST filter, oldest first, also before the tap that follows the typing, and pass over what the address cannot mean", async () => {
    const names = ["createHelpdeskTicket", "createVoiceTicket"] as const;
    await using opened = await openPageWith(names, { hasTouch: true });
    const { service, page, ids, mistakes, filterBy } = opened;
    await expect.poll(() => idsOn(page)).toHaveLength(2);
    await page.getByText("More filters").click();
    await page.getByRole("textbox", { name: "Branch" }).fill("001");
    await page.getByRole("link", { name: "All", exact: true }).tap();
    await expect.poll(() => idsOn(page)).toEqual(ids.slice(0, 1));

    await service.age(90);
    await page.goto(`${opened.url}#view=retry&type=constructor`);
    await expect.poll(() => idsOn(page)).toEqual(ids);
    expect(await page.locator("[aria-current=page]").innerText()).toBe("In doubt");
    for (const name of [`a helpdesk ticket ${ids[0]}`, `a voice ticket ${ids[1]}`])
      expect(await page.getByRole("link", { name: `: ${name}` }).count()).toBe(1);
    const SINCE = "Changed since";
    for (const [name, value, found] of [
      ["Number", "826282", ids.slice(0, 1)],
      ["Branch", "001", ids.slice(0, 1)],
      ["Asked by", "another", []],
      [SINCE, "1h", []],
      [SINCE, "2h", ids],
      ["Changed until", "2h", []],
    ] as const) {
      await filterBy(name, value);
      await expect.poll(() => idsOn(page)).toEqual(found);
      await filterBy(name, "");
      await expect.poll(() => idsOn(page)).toEqual(ids);
    }
    await page.goBack();
    await expect.poll(() => idsOn(page)).toEqual([]);
    await page.goForward();
    for (const [name, value, told] of [
      ["Number", "8x", "digits only"],
      [SINCE, "yesterday", "Give a time such as"],
    ] as const) {
      await filterBy(name, value);
      await expect.poll(mistakes).toContainEqual(expect.stringContaining(told));
      await filterBy(name, "");
    }
    await page.getByRole("combobox", { name: "Reason" }).selectOption("OWNER_DIED");
    await expect.poll(() => idsOn(page)).toEqual([]);
    await page.getByRole("link", { name: "All", exact: true }).click();
    for (const state of ["UNCERTAIN", "REJECTED"]) {
      await page.getByRole("combobox", { name: "State" }).selectOption(state);
      await expect.poll(() => idsOn(page)).toEqual(state === "UNCERTAIN" ? ids.toReversed() : []);
    }
  });

  test("MUST offer no action with --read-only", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket"], { args: ["--read-only"] });
    const { page, rows, header } = opened;
    await expect.poll(rows).toBe(1);
    expect(await header()).toContain("Rina (read only)");
    expect(await page.getByRole("checkbox").count()).toBe(0);
    await openFirst(page);
    expect(await page.getByRole("radio").count()).toBe(0);
  });

  test("MUST show new doubts by themselves, and count them in its title", async () => {
    await using opened = await openPageWith([]);
    const { service, page, rows, header } = opened;
    await expect.poll(header).toContain("0 In doubt"); // news comes after this look
    expect(await page.title()).toBe("Sociomile: requests to look at");
    await service.doubt("createHelpdeskTicket");
    await expect.poll(() => page.title()).toBe("(1) Sociomile: requests to look at");
    expect(await rows()).toBe(1);
    expect(await header()).toMatch(/ 1 In doubt oldest \d+ s /);
  });

  test("MUST say that an answer was lost, show what the ledger holds, and repeat nothing", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket"]);
    const { service, page, id, results, alert } = opened;
    await openFirst(page);
    let actions = 0;
    let isCut = false;
    await page.route("**/api", async (route) => {
      const [{ command }] = route.request().postDataJSON() as [{ command: string }];
      const isAction = command === "resolve";
      if (isAction) await fetchHere(route);
      actions += Number(isAction);
      isCut ||= isAction;
      return isCut ? route.abort() : route.continue();
    });

    await submitVerdict(page, EXISTS, TICKET);
    await expect.poll(results).toContain("The answer was lost.");
    await expect.poll(alert).toMatch(/^No connection\. What you see is from \d{4}-/);
    await page.unroute("**/api");

    await expect.poll(results).toBe(`${id} ${NAMES[0]}: This has changed. Rina: The ticket exists`);
    await expect.poll(alert).toBe("");
    expect(actions).toBe(1);
    expect((await service.shown(id)).actions).toHaveLength(1);
  });

  test("MUST NOT show the rows of an earlier filter, or none, before those of a new one are read", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket"]);
    const { page, rows, main } = opened;
    await expect.poll(rows).toBe(1);
    const held = await holdRequests(page, /"branch":"002"/);

    await opened.filterBy("Branch", "002");
    await expect.poll(main).toContain("Being read …");
    expect(await page.locator("tbody tr").isVisible()).toBe(false);
    await page.waitForTimeout(5000); // the page looks again every 4 s, but not while it waits
    expect(held.asked).toBe(1);
    held.release();
    await expect.poll(main).toContain("Nothing fits these filters.");
  });

  test("MUST keep results, and tell a colleague's decision where its operator looks", async () => {
    const names = ["createHelpdeskTicket", "createVoiceTicket", "createVoiceTicket"] as const;
    await using opened = await openPageWith(names, { minutes: 16 });
    const { service, page, ids, results } = opened;
    await page.setViewportSize({ width: 1280, height: 420 });
    for (const id of ids.slice(0, 2)) await page.getByLabel(`Choose ${id}`).check();
    await fillVerdict(page, NO_TICKET);
    const held = await holdRequests(page, new RegExp(`"id":"${ids[1]}"`));
    await page.getByRole("button", { name: "Save (2)" }).click();
    await expect.poll(results).toContain("1 of 2 are through.");

    await page.locator(`a[href*="${ids[2]}"]`).click();
    await page.getByLabel(EXISTS).check();
    held.release();
    await service.json("resolve", ids[2], "--not-created", "--note", "n", "--by", "Budi");
    await expect.poll(results).toContain(`This has changed. Budi: ${NO_TICKET}`);
    await page.mouse.wheel(0, 5000);
    await expect.poll(async () => (await page.locator("#news").boundingBox())!.y).toBeLessThan(420);
    expect((await page.locator("#news").boundingBox())!.y).toBeGreaterThanOrEqual(0);

    const linesOn = async () => (await results()).split("\n").toSorted();
    const all = [
      `${ids[0]} ${NAMES[0]}: Recorded by Rina: ${NO_TICKET}.`,
      `${ids[1]} ${NAMES[1]}: Recorded by Rina: ${NO_TICKET}.`,
      `${ids[2]} ${NAMES[1]}: This has changed. Budi: ${NO_TICKET}`,
    ].toSorted();
    await expect.poll(linesOn).toEqual(all);
    await page.getByRole("link", { name: "Back" }).click();
    expect(await linesOn()).toEqual(all);
    await page.getByRole("button", { name: "Close" }).click();
    expect(await results()).toBe("");
  });

  test("MUST be used with the keyboard alone", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket"]);
    const { service, id, results, rows } = opened;
    const { keyboard } = opened.page;
    const focused = () => opened.page.evaluate<string>("document.activeElement.outerHTML");
    const tabTo = async (pattern: RegExp) => {
      for (let presses = 0; !pattern.test(await focused()); presses++) {
        expect(presses).toBeLessThan(40);
        await keyboard.press("Tab");
      }
    };
    await expect.poll(rows).toBe(1);
    await tabTo(/^<a href="[^"]*id=/);
    await keyboard.press("Enter");
    await expect.poll(focused).toMatch(/^<h2/);
    await tabTo(/type="radio"/);
    await keyboard.press("Space");
    await tabTo(/name="created"/);
    await keyboard.type(TICKET);
    await tabTo(/name="note"/);
    await keyboard.type("case 4711");
    await keyboard.press("Escape"); // loses nothing that is typed
    await keyboard.press("Enter");

    await expect.poll(results).toContain("Recorded by Rina: ");
    await expect.poll(focused).toMatch(/^<h2/);
    await keyboard.press("Escape");
    await expect.poll(() => opened.page.getByText("All is well.").count()).toBe(1);
    const another = await service.doubt("createVoiceTicket");
    await expect.poll(rows).toBe(1);
    await tabTo(/^<a [^>]*a voice ticket/);
    await keyboard.press("Enter");
    await expect.poll(focused).toMatch(/^<h2/);
    await keyboard.press("Escape");
    await expect.poll(focused).toContain(`a voice ticket ${another}`);
    expect(await service.shown(id)).toMatchObject({ state: "CONFIRMED" });
  });

  test("MUST lead from a cold page to the first verdict with 8 keys, and to the next doubt with one", async () => {
    await using opened = await openPageWith(["createHelpdeskTicket", "createVoiceTicket"]);
    const { service, page, ids, rows, results } = opened;
    await expect.poll(rows).toBe(2);
    const { keyboard } = page;
    let keys = 0;
    const press = (key: string) => ((keys += 1), keyboard.press(key));
    const paste = (text: string) => ((keys += 1), keyboard.insertText(text));
    const focused = () => page.evaluate<string>("document.activeElement.outerHTML");

    await press("Enter");
    await expect.poll(focused).toMatch(/^<h2/);
    await press("1");
    await paste(TICKET);
    await press("Tab");
    await paste("32199");
    await press("Tab");
    await paste("case 4711");
    await press("Enter");

    await expect.poll(results).toContain(`${ids[0]} ${NAMES[0]}: Recorded by Rina: ${EXISTS}.`);
    expect(keys).toBeLessThanOrEqual(8);
    expect(await service.shown(ids[0])).toMatchObject({ state: "CONFIRMED", ticketNumber: "32199" });
    await expect.poll(rows).toBe(1);
    await keyboard.press("j");
    await soon(page.locator(".detail h2")).toMatch(/voice ticket/i);
    await keyboard.press("Escape");
    await keyboard.press("?");
    expect(await page.locator("#keys").isVisible()).toBe(true);
    await keyboard.press("Escape");
    await keyboard.press("/");
    await expect.poll(focused).toContain('name="number"');
  });

  test("MUST show a conflict wherever it looks, and end it by the steps that it gives", async () => {
    await using service = await startBusyDay();
    const { conflict } = service.ids;
    await using opened = await openPageOf(service.ledgerUrl, { locale: "id-ID" });
    const { page, rows, results, header } = opened;
    await opened.filterBy("Cabang", "none");
    await expect
      .poll(header)
      .toContain(" 3 Belum pasti tertua 1 hari 1 Konflik 2 Menunggu tertua 1 jam 0 Kedaluwarsa"); // no filter hides any
    expect(await page.title()).toBe("(4) Sociomile: permintaan yang perlu dilihat");

    await page.getByRole("link", { name: "1 Konflik" }).click();
    await expect.poll(rows).toBe(1);
    await soon(page.locator("tbody tr")).toMatch(/Tidak dijalankan\s*Konflik/);
    await page.locator("tbody a").click();
    await soon(page.locator("aside")).toMatch(
      /mungkin ada dua tiket[^]*tutup yang lain[^]*Isi catatan di bawah, lalu simpan/,
    );
    expect(await page.getByRole("textbox", { name: "Id tiket di Sociomile" }).inputValue()).toBe(LATE_TICKET);
    await page.getByLabel(/^Catatan/).fill("kasus 4711");
    await page.getByRole("button", { name: "Simpan (1)" }).click();

    await expect
      .poll(results)
      .toContain(`${conflict} (tiket helpdesk 826203): Dicatat oleh Rina: Tiketnya ada.`);
    await expect.poll(header).toContain(" 0 Konflik ");
    const { state, ticketId, conflictingTicketId } = await service.shown(conflict);
    expect([state, ticketId, conflictingTicketId]).toEqual(["CONFIRMED", LATE_TICKET, null]);
    await soon(page.locator(".empty")).toMatch(/^Semua beres/);
  });

  test("MUST say what came of a try: still away, then sent", async () => {
    await using opened = await openPageWith([]);
    const { service, page, results, rows } = opened;
    const id = await service.queue();
    await page.getByRole("link", { name: "Waiting", exact: true }).click();
    await expect.poll(rows).toBe(1);
    await soon(page.locator("tbody tr")).toMatch(/Next try|in 30 min/);
    const tryNow = async () => {
      await page.getByLabel(`Choose ${id}`).check();
      await page.getByLabel("Try now").check();
      await submitButton(page).click();
    };
    await tryNow();
    await expect
      .poll(results)
      .toMatch(/Tried, and not sent: Sociomile refused the settings\. Next try waits for a person\./);
    service.sandbox.setMood("well");
    await putOff(service.sql);
    await tryNow();
    await expect.poll(results).toMatch(/Tried: Done, accepted by Sociomile\./);
    expect(opened.questions).toEqual([]); // a try needs none
  });

  test("MUST refuse a number that another ticket has, say what a filter of time was understood to be, and lead to Sociomile's page", async () => {
    await using service = await startOperatedService("SQLite");
    const taken = (await mutate(service, "createVoiceTicket")).payload!;
    const id = await service.doubt("createHelpdeskTicket");
    const settings = { SOCIOMILE_TICKET_URL: "https://sociomile.example/tickets/{id}" };
    await using opened = await openPageOf(service.ledgerUrl, { locale: "id-ID", settings });
    const { page, mistakes } = opened;
    await openFirst(page);
    await page.keyboard.press("1");
    await page.keyboard.insertText(TICKET);
    await page.getByRole("textbox", { name: "Nomor tiket di Sociomile" }).fill(String(taken.ticket!.number));
    await page.getByLabel(/^Catatan/).fill("kasus 4711");
    await page.keyboard.press("Enter");
    await expect
      .poll(mistakes)
      .toContainEqual(
        `Permintaan ${taken.submission!.id} memegang tiket ini. Jika itu salah, perbaiki dahulu keputusan permintaan itu.`,
      );
    expect((await service.shown(id)).state).toBe("UNCERTAIN");

    await page.goto(`${opened.url}#view=list&id=${taken.submission!.id}`);
    const link = page.getByRole("link", { name: "Buka di Sociomile" });
    expect(await link.getAttribute("href")).toBe(`https://sociomile.example/tickets/${taken.ticket!.id}`);
    for (const typed of ["2h", "2 jam"]) {
      await opened.filterBy("Berubah sejak", typed);
      await expect
        .poll(mistakes)
        .toContainEqual(expect.stringMatching(/^2 jam yang lalu: \d{4}-.* WITA · .* UTC$/));
    }
  });
});
