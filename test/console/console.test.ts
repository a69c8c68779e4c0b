/** Operators do their tasks with the console, in a real browser, through a real gateway. */
import { describe, expect, test } from "vitest";
import { hasBrowser, soon } from "../support/browser.ts";
import { HELPDESK_TICKET, VOICE_TICKET } from "../support/inputs.ts";
import { ENGINES } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { putOff } from "../support/queued.ts";
import { LATE_TICKET, startBusyDay } from "./busy-day.ts";
import { openConsole, startBank } from "./opened-console.ts";

const TICKET = "690d950c5f287ad0ff3bd9d9";
/** Names of the two creates of Sociomile's document. */
const NAMES = ["(a helpdesk ticket 826282)", `(a voice ticket ${VOICE_TICKET.sourceTicketId})`];
const SECOND = { sourceTicketId: "SECOND-CALL" };

describe.runIf(hasBrowser).each(ENGINES)("the console, on %s", (engine) => {
  test("MUST find a call in Sociomile by what was asked, show its siblings, close the doubt, correct the verdict, and tell who did what", async () => {
    await using bank = await startBank(engine);
    const { customerPhone } = VOICE_TICKET;
    const id = await bank.doubt("createVoiceTicket");
    const sibling = await bank.doubt("createVoiceTicket");
    const caller = await bank.doubt("createVoiceTicket", {
      ...SECOND,
      customerPhone: `0${customerPhone.replace(/^\+?62|^0/, "")}`,
    });
    await bank.doubt("createVoiceTicket", { sourceTicketId: "another", customerPhone: "+628990000000" });
    await using opened = await openConsole(bank);
    const { page } = opened;
    await expect.poll(opened.rows).toBe(4);
    await opened.openFirst();

    await soon(page.locator(".asked")).toContain(VOICE_TICKET.customerName);
    const asked = await page.locator(".asked").innerText();
    for (const shown of [customerPhone, VOICE_TICKET.customerEmail, "selamat anda telah"])
      expect(asked).toContain(shown);
    const hrefs = async (name: string) => {
      const links = page.getByRole("navigation", { name }).locator("a");
      return (await Promise.all((await links.all()).map((link) => link.getAttribute("href")))).join(" ");
    };
    await expect.poll(() => hrefs("Others with this number")).toContain(sibling);
    expect(await hrefs("Other doubts with this phone")).toContain(caller);
    expect(await page.getByRole("navigation", { name: "Other doubts" }).locator("a").count()).toBe(2);
    const form = (await page.locator("form.actions").boundingBox())!;
    expect(form.y + form.height).toBeLessThan(720); // in the first screen

    await opened.found("690d950c5f287ad0ff3bslip");
    await opened.save();
    await expect.poll(opened.results).toBe(`${NAMES[1]}: Recorded by Rina: The ticket exists.`);
    await soon(page.locator("legend")).toBe("Correct the verdict");
    expect(await page.locator("[name=note]").count()).toBe(0); // nothing of before
    await opened.found(TICKET, "case 4712");
    await opened.save();

    const history = page.locator(".detail ol li");
    await expect.poll(() => history.count()).toBe(2);
    const [newest, first] = await history.allInnerTexts();
    expect(newest).toMatch(new RegExp(`^Corrected: The ticket exists\\s+By\\s+Rina[^]*${TICKET}[^]*case 4712`));
    expect(first).toMatch(/^Decided: The ticket exists\s+By\s+Rina[^]*slip[^]*case 4711/);
    expect(await bank.shown(id)).toMatchObject({ state: "CONFIRMED", ticketId: TICKET });
    const readings = bank.service.operations.filter(({ operationName }) => operationName?.startsWith("Asked"));
    expect(readings.length).toBeGreaterThan(0);
    expect(readings[0]).toMatchObject({ person: "Rina", personal: true });
    const looks = bank.service.operations.filter(({ operationName }) => operationName?.startsWith("Look"));
    expect(looks.filter(({ personal }) => personal)).toEqual([]);
    expect(opened.faults).toEqual([]);
  });

  test("MUST tell an operator whose colleague was faster what the state is now, overwrite nothing, and keep what was typed", async () => {
    await using bank = await startBank(engine);
    const id = await bank.doubt();
    await using opened = await openConsole({ url: `${bank.url}#id=${id}` });
    const { page } = opened;
    await opened.found(TICKET);
    const held = Promise.withResolvers<void>();
    await page.route(bank.graphqlUrl, async (route) => {
      if (route.request().postData()?.includes("query Look")) await held.promise;
      await route.fallback();
    });
    await bank.resolve(id, { verdict: "CREATED", ticketId: "690d950c5f287ad0ff3bd9e2" });
    await opened.save();
    held.resolve();

    await expect
      .poll(opened.results)
      .toMatch(/^.*: (?:Nothing was done, this has changed meanwhile|This has changed)\. \w+: The ticket exists/);
    expect(await page.locator("[name=ticketId]").inputValue()).toBe(TICKET);
    expect(await page.locator("[name=note]").inputValue()).toBe("case 4711");
    expect(await page.locator("form.actions button").isDisabled()).toBe(true); // until a choice is made again
    expect((await bank.shown(id))["actions"]).toHaveLength(1);
  });
});

describe.runIf(hasBrowser)("the console", () => {
  test("MUST check id and number, say why the ledger refuses, and keep the verdict of no ticket closed for 15 minutes", async () => {
    await using bank = await startBank();
    const id = await bank.doubt();
    const taken = (await mutate(bank.clients, "createHelpdeskTicket", { helpdeskTicketNumber: "1" })).payload!;
    await using opened = await openConsole(bank);
    const { page } = opened;
    await opened.openFirst();
    await soon(page.locator("fieldset")).toMatch(/There is no ticket \(possible in 15 min\)/);
    expect(await page.getByLabel("There is no ticket").isDisabled()).toBe(true);
    await opened.found("no id");
    await opened.save();
    await expect.poll(opened.mistakes).toContain("Please enter an id, such as 690d950c5f287ad0ff3bd9d5.");
    await page.locator("[name=ticketId]").fill(taken.ticket!.id);
    await opened.save();
    await expect.poll(opened.mistakes).toContainEqual(expect.stringContaining(`${taken.submission!.id} holds`));
    await page.locator("[name=ticketId]").fill(TICKET);
    await page.locator("[name=ticketNumber]").fill("3219x");
    await opened.save();
    await expect.poll(opened.mistakes).toContainEqual(expect.stringMatching(/digits only/));
    await page.locator("[name=ticketNumber]").fill("32199");
    await opened.save();
    await expect.poll(opened.results).toContain("Recorded by Rina: The ticket exists.");
    expect(await bank.shown(id)).toMatchObject({ actions: [{ ticketNumber: "32199" }] });

    await page.getByRole("button", { name: /^Copy Branch complaint number: / }).click();
    const copied = () => page.evaluate("navigator.clipboard.readText()");
    await expect.poll(copied).toBe(HELPDESK_TICKET.branchComplaintNumber);
    expect(await opened.main()).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WITA · .* UTC/);
  });

  test("MUST lead with 8 keys from a cold page to a closed doubt, to the next one with one, and be used with the keyboard alone", async () => {
    await using bank = await startBank();
    const id = await bank.doubt();
    await bank.doubt("createVoiceTicket");
    await using opened = await openConsole(bank, { locale: "id-ID" });
    const { keyboard } = opened.page;
    await expect.poll(opened.rows).toBe(2);
    let keys = 0;
    const press = (key: string) => ((keys += 1), keyboard.press(key));
    const paste = (text: string) => ((keys += 1), keyboard.insertText(text));
    const focused = () => opened.page.evaluate<string>("document.activeElement.outerHTML");

    await press("Enter");
    await expect.poll(focused).toMatch(/^<h2/);
    await press("1");
    await paste(TICKET);
    await press("Tab");
    await paste("32199");
    await press("Tab");
    await paste("kasus 4711");
    await keyboard.press("Escape"); // loses nothing that is typed
    await press("Enter");

    await expect.poll(opened.results).toContain("Dicatat oleh Rina: Tiketnya ada.");
    expect(keys).toBeLessThanOrEqual(8);
    expect(opened.questions).toEqual([]);
    expect(await bank.shown(id)).toMatchObject({ state: "CONFIRMED" });
    await expect.poll(opened.rows).toBe(1);
    await keyboard.press("j");
    await soon(opened.page.locator(".detail h2")).toMatch(/tiket suara/i);
    await keyboard.press("Escape");
    await keyboard.press("?");
    expect(await opened.page.locator("#keys").isVisible()).toBe(true);
    await keyboard.press("Escape");
    await keyboard.press("/");
    await expect.poll(focused).toContain('name="number"');
  });

  test("MUST take back what waits, try it now, and say what came of that", async () => {
    await using bank = await startBank();
    const [back, tried] = [await bank.queue(), await bank.queue("createVoiceTicket")];
    await using opened = await openConsole(bank);
    const { page, results, rows } = opened;
    await page.getByRole("link", { name: "Waiting", exact: true }).click();
    await expect.poll(rows).toBe(2);
    await opened.openFirst();
    await page.getByLabel("Take back").check();
    opened.saysYes = false;
    await opened.save();
    await expect.poll(() => opened.questions).toHaveLength(1);
    expect(await bank.shown(back)).toMatchObject({ state: "QUEUED" });
    opened.saysYes = true;
    await opened.save();
    await expect.poll(results).toBe(`${NAMES[0]}: Recorded by Rina: Take back.`);
    await page.keyboard.press("Escape");
    await expect.poll(rows).toBe(1);
    const tryNow = async () => {
      await page.getByLabel(`Choose ${tried}`).check();
      await page.getByLabel("Try now").check();
      await opened.save();
    };
    await tryNow();
    await expect
      .poll(results)
      .toMatch(/Tried, and not sent: Sociomile refused the settings\. Next try waits for a person\./);
    bank.clients.sandbox.setMood("well");
    await putOff(bank.sql);
    await tryNow();
    await expect.poll(results).toMatch(/Tried: Done, accepted by Sociomile\./);
    expect(await bank.shown(back)).toMatchObject({ state: "NOT_EXECUTED", actions: [{ type: "CANCEL" }] });
  });

  test("MUST do the same with several, where it goes, and say which the ledger refuses", async () => {
    await using bank = await startBank();
    await bank.doubt();
    await bank.doubt("createVoiceTicket");
    await bank.doubt("updateTicketStatus");
    await bank.age(16);
    const young = await bank.doubt("createVoiceTicket", SECOND);
    await using opened = await openConsole({ url: `${bank.url}#view=list&state=UNCERTAIN` });
    const { page, results } = opened;
    await expect.poll(opened.rows).toBe(4);
    await page.getByLabel("Choose all on this page").check();
    await page.getByLabel("There is no ticket").check();
    await page.getByLabel(/^Note/).fill("case 4711");
    await page.getByRole("button", { name: "Save (3)" }).click(); // not the update

    const done = NAMES.map((name) => `${name}: Recorded by Rina: There is no ticket.`);
    const refused = expect.stringContaining(`(a voice ticket SECOND-CALL): The doubt is too young`);
    await expect.poll(async () => (await results()).split("\n")).toEqual([refused, ...done.toReversed()]);
    expect(await page.getByLabel(`Choose ${young}`).isChecked()).toBe(true);
  });

  test("MUST show a conflict wherever it looks, and end it by the steps that it gives", async () => {
    await using bank = await startBusyDay();
    const { conflict } = bank.ids;
    await using opened = await openConsole(bank, { locale: "id-ID" });
    const { page, header } = opened;
    await opened.filterBy("Cabang", "none");
    await expect
      .poll(header)
      .toMatch(/ 3 Belum pasti · paling lama 1 hari 1 Konflik 2 Menunggu · paling lama 1 jam 0 Kedaluwarsa/); // no filter hides any
    expect(await page.title()).toBe("(4) Sociomile: permintaan yang perlu dilihat");
    await page.getByRole("link", { name: "1 Konflik" }).click();
    await page.locator("tbody a").click();
    await soon(page.locator("aside")).toMatch(/mungkin ada dua tiket[^]*tutup yang lain/);
    expect(await page.getByRole("textbox", { name: "Id tiket di Sociomile" }).inputValue()).toBe(LATE_TICKET);
    await page.getByLabel(/^Catatan/).fill("kasus 4711");
    await page.getByRole("button", { name: "Simpan" }).click();
    await expect.poll(opened.results).toContain("Dicatat oleh Rina: Tiketnya ada.");
    await expect.poll(header).toContain(" 0 Konflik ");
    expect(await bank.shown(conflict)).toMatchObject({ ticketId: LATE_TICKET, conflictingTicketId: null });
  });

  test("MUST search by numbers and times, tell refusals in its language, and lead to Sociomile's page", async () => {
    await using bank = await startBank("SQLite", { SOCIOMILE_TICKET_URL: "https://sociomile.example/tickets/{id}" });
    const taken = (await mutate(bank.clients, "createVoiceTicket")).payload!;
    await using opened = await openConsole({ url: `${bank.url}#view=list` }, { locale: "id-ID" });
    const { page, mistakes, rows } = opened;
    await opened.filterBy("Berubah sejak", "kemarin");
    await expect.poll(mistakes).toContainEqual(expect.stringMatching(/^Mohon isi waktu/));
    for (const typed of ["2h", "2 jam"]) {
      await opened.filterBy("Berubah sejak", typed);
      await expect.poll(mistakes).toContainEqual(expect.stringMatching(/^2 jam yang lalu: \d{4}-.* WITA · .* UTC$/));
    }
    await opened.filterBy("Nomor", "82x");
    await expect.poll(opened.main).toContain("Mohon isi dengan angka saja");
    for (const [type, number] of [
      ["SOCIOMILE_TICKET_NUMBER", String(taken.ticket!.number)],
      ["TICKET_ID", taken.ticket!.id],
      ["SOURCE_TICKET_ID", VOICE_TICKET.sourceTicketId!],
    ] as const) {
      await page.locator("select[name=type]").selectOption(type);
      await opened.filterBy("Nomor", number);
      await expect.poll(rows).toBe(1);
    }
    await page.locator("tbody a").click();
    const link = page.getByRole("link", { name: "Buka di Sociomile" });
    expect(await link.getAttribute("href")).toBe(`https://sociomile.example/tickets/${taken.ticket!.id}`);
    await page.goto(`${opened.url}&id=00000000-0000-7000-8000-000000000000`);
    await soon(page.locator(".detail p")).toBe("Tidak ada permintaan dengan id ini.");
  });
});
