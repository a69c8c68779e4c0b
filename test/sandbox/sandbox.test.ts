import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { appendFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Mood, MOODS } from "../../sandbox/moods.ts";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { toWire } from "../../src/sociomile/translate.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { HELPDESK, MANADO, STATUS, VOICE } from "../sociomile/requests.ts";
import { startBuild } from "../support/build.ts";
import { ROOT } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { without } from "../support/without.ts";

const secret = "sandbox-test-secret";

let sandbox: Sandbox;
beforeEach(async () => void (sandbox = await startSandbox({ secret, knowsAll: true })));
afterEach(() => sandbox.close());

async function startAgain(options: Partial<Parameters<typeof startSandbox>[0]>): Promise<void> {
  await sandbox.close();
  sandbox = await startSandbox({ secret, ...options });
}

async function statusFor(host: string, path: string) {
  const request = httpRequest(sandbox.url + path, { headers: { host } }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

test("A sandbox of this machine MUST NOT serve a page of the internet by a name that resolves to this machine", async () => {
  for (const path of ["/sandbox/", "/sandbox/log", "/bank-sulut/create"]) {
    expect(await statusFor("evil.example", path)).toBe(421);
    expect(await statusFor("127.0.0.1.evil.example:4002", path)).toBe(421);
    for (const host of ["localhost:4002", "127.0.0.1", "[::1]:4002"]) expect(await statusFor(host, path)).not.toBe(421);
  }
});

/** The document's examples, as a caller sends them. */
const [helpdesk, voice, update] = [sent(HELPDESK), sent(VOICE), sent(STATUS)];

function sent(request: TicketRequest): object {
  return JSON.parse(toWire(request, MANADO).body) as object;
}

type Path = "create" | "update-status";

const urlOf = (path: string, key = secret) => `${sandbox.url}/bank-sulut/${path}?client_secret_key=${key}`;

/** Posts a body: text unchanged, anything else as JSON. Gives up after `patienceMs`. */
async function post(path: Path, body: unknown, patienceMs = 5000) {
  const response = await fetch(urlOf(path), {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(patienceMs),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const postCreate = (body: unknown = helpdesk) => post("create", body);

async function idOfNew(body: unknown): Promise<string> {
  const { text } = await postCreate(body);
  return JSON.parse(text).data.ticketId;
}

async function control(method: string, path: string, body?: unknown) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${sandbox.url}/sandbox/${path}`, init);
  return { status: response.status, body: JSON.parse(await response.text()) };
}

describe("the document", () => {
  test.each([helpdesk, voice])("MUST answer an example with the documented success: %#", async (body) => {
    const reply = await postCreate(body);

    expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "application/json"]);
    const [ticket] = sandbox.tickets;
    expect(ticket?.id).toMatch(/^[0-9a-f]{24}$/);
    expect(reply.text).toBe(
      `{"success":true,"message":"success","data":{"ticketId":"${ticket?.id}","ticket_number":32197},"code":200}`,
    );
    expect(ticket?.request).toEqual(body);
    const request = { path: "/bank-sulut/create", body: JSON.stringify(body) };
    expect(sandbox.received).toEqual([{ at: expect.any(Number), ...request, executed: true, mood: "well" }]);
  });

  test("MUST answer an update with all data of the voice ticket", async () => {
    const id = await idOfNew(voice);
    const reply = await post("update-status", { ...update, sociomile_ticket_id: id, status: "On Hold" });

    expect(reply.status).toBe(200);
    const body = JSON.parse(reply.text);
    // The order of the keys is part of the promise.
    expect(JSON.stringify({ ...body, ticket: { ...body.ticket, data: {} } })).toBe(
      '{"status":true,"ticket":{"data":{},"is_escalation":true},"success":true}',
    );
    expect(Object.entries(body.ticket.data).join(" | ")).toBe(
      "Nomor Hanphone ,08356727289 | Customer Name,Arzaqi | Customer Email,omnyx@gmail.com | " +
        "TicketId Masking,123456hsl | Ticket Id,1234567891wkw | Content,haloo \n selamat anda telah | " +
        "Subject,complain pelanggan | Date Created,2025-10-23 16:54:08 | Date Close,2025-10-23 15:40:10 | " +
        "Handling Time,10:10:09 | Main Category,complain internal | Category Name,complain internal | " +
        "Category Id,0182G82 | Cub Category,complain internal aja | Status,On Hold | " +
        "Detail Sub Category,pelayanan lambat | Detail Sub Category 2,pelayanan lambat banget | " +
        "Created By Name,zaqi | Created By id,002928",
    );
    expect(sandbox.tickets[0]?.status).toBe("On Hold");
  });

  test("MUST answer an update of a helpdesk ticket with name, e-mail and content only", async () => {
    const id = await idOfNew(helpdesk);
    const { text } = await post("update-status", { ...update, sociomile_ticket_id: id });
    const filled = Object.entries(JSON.parse(text).ticket.data).filter(([, value]) => value !== "");
    expect(filled.join(" | ")).toBe(
      "Customer Name,Alex | Customer Email,helpdesk@gmail.com | Content,haloo \n selamat anda telah | Status,Open",
    );
  });

  test("MUST refuse the update of an unknown ticket, and accept it in the mood any-ticket, without storing it", async () => {
    await startAgain({});
    const refused = await post("update-status", update);
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text)).toMatchObject({ message: "sociomile_ticket_id required", line: 424 });
    sandbox.setMood("any-ticket");
    const { status, text } = await post("update-status", update);
    const { data } = JSON.parse(text).ticket;
    expect(status).toBe(200);
    expect(Object.keys(data)).toHaveLength(19);
    expect(Object.entries(data).filter(([, value]) => value !== "")).toEqual([["Status", "Open"]]);
    expect(sandbox.tickets).toEqual([]);
    expect(sandbox.received.map(({ executed }) => executed)).toEqual([false, true]);
  });

  test("MUST know the tickets of earlier runs by its file, also one whose last line was cut off", async () => {
    using files = temporaryFiles();
    const file = join(files.directory, "tickets");
    await startAgain({ file });
    const id = await idOfNew(voice);
    await post("update-status", { ...update, sociomile_ticket_id: id, status: "Pending" });
    await idOfNew(helpdesk);
    const before = sandbox.tickets;
    appendFileSync(file, '\n{"id": "cut o');
    await startAgain({ file });

    expect(sandbox.tickets).toEqual(before);
    const reply = await post("update-status", { ...update, sociomile_ticket_id: id });
    expect(JSON.parse(reply.text).ticket.data["Customer Name"]).toBe("Arzaqi");
    await idOfNew(helpdesk);
    expect(sandbox.tickets.map(({ number }) => number)).toEqual([32197, 32198, 32199]);
    await startAgain({ file });
    expect(sandbox.tickets).toHaveLength(3);
    expect(statSync(file).mode & 0o077).toBe(0);
  });
});

describe("the document's refusals", () => {
  const file = "/Users/vendor/sm-api/app/Http/Controllers/Integration/BankSulutController.php";
  const type = "error";
  const trace_id = expect.stringMatching(/^[A-Za-z0-9]{8}$/);

  test.each([
    ["create", helpdesk, "namaNasabah", "NamaNasabah required", 99],
    ["create", voice, "customer_hp", "Customer_hp required", 181],
    ["update-status", update, "sociomile_ticket_id", "sociomile_ticket_id required", 424],
  ] as const)("MUST have the documented form, with a status for a create: %s %#", async (...row) => {
    const [path, body, field, message, line] = row;
    const { status, text } = await post(path, without(body, field));
    const documented = { type, trace_id, message, file, line, ...(path === "create" && { status: false }) };

    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual(documented);
    expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(documented));
    expect(sandbox.received[0]?.executed).toBe(false);
    expect(sandbox.tickets).toEqual([]);
  });

  const helpdeskOrder =
    "TicketType NamaNasabah Content ConnectID MediaTransaksi Nominal BranchCode BranchName AtmName AtmId NomorTicketHelpdesk NoRegPengaduanCabang";
  const voiceOrder = "TicketType Customer_hp Content Customer_email ConnectID Customer_name";
  const updateOrder = "sociomile_ticket_id bsg_ticket_id status";

  test.each([
    ["create", helpdesk, helpdeskOrder],
    ["create", voice, voiceOrder],
    ["update-status", update, updateOrder],
  ] as const)("MUST check mandatory fields in the document's order: %s %#", async (path, whole, order) => {
    let body: object = {};
    const asked: string[] = [];
    for (let reply = await post(path, body); reply.status !== 200; reply = await post(path, body)) {
      const name = String(JSON.parse(reply.text).message).replace(/ required$/, "");
      asked.push(name);
      const field = Object.entries(whole).find(([key]) => key.toLowerCase() === name.toLowerCase())!;
      body = { ...body, [field[0]]: field[1] };
    }
    expect(asked.join(" ")).toBe(order);
  });

  test.each([
    ["an empty mandatory text", "create", { ...helpdesk, atmId: "" }, "AtmId required"],
    ["a null mandatory field", "create", { ...voice, customer_name: null }, "Customer_name required"],
    ["another ticket type", "create", { ...voice, ticketType: "omnix" }, "TicketType invalid"],
    ["a number that is none", "create", { ...helpdesk, nominal: "12a" }, "Nominal invalid"],
    ["an optional number that is none", "create", { ...helpdesk, nomorKartu: {} }, "NomorKartu invalid"],
    ["an undocumented status", "update-status", { ...update, status: "open" }, "status invalid"],
    ["text that is not JSON", "create", "{", "Invalid JSON"],
    ["JSON that is no object", "update-status", "[]", "Invalid JSON"],
  ] as const)("MUST refuse %s", async (_name, path, body, message) => {
    const { status, text } = await post(path, body);
    expect({ status, message: JSON.parse(text).message }).toEqual({ status: 400, message });
  });

  test.each([
    ["a wrong secret", "POST", "create", "wrong", 401],
    ["no secret", "POST", "update-status", "", 401],
    ["another path", "POST", "list", secret, 404],
    ["another method", "GET", "create", secret, 405],
  ])("MUST refuse %s in the vendor's form of an error", async (_name, method, path, key, status) => {
    const body = method === "GET" ? null : JSON.stringify(helpdesk);
    const response = await fetch(urlOf(path, key), { method, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type, trace_id, message: expect.any(String), file });
    expect(sandbox.received).toMatchObject([{ path: `/bank-sulut/${path}`, executed: false, mood: "well" }]);
  });
});

describe("moods", () => {
  const CREATED = /^\{"success":true/;
  /** Real effect of each mood, and what a caller sees: status and text, or the name of fetch's error. */
  const SIGHTS: Record<
    Exclude<Mood, "down">,
    ["done" | "not done", status: number | string, text?: RegExp | string]
  > = {
    well: ["done", 200, CREATED],
    "any-ticket": ["done", 200, CREATED],
    slow: ["done", 200, CREATED],
    hang: ["done", "TimeoutError"],
    "hang-before": ["not done", "TimeoutError"],
    refuse: ["not done", 400, /"message":"NamaNasabah required"/],
    "error-200": ["not done", 200, /"message":"Something went wrong"/],
    "error-500": ["done", 500, /"message":"Something went wrong"/],
    "html-502": ["not done", 502, /<h1>502 Bad Gateway<\/h1>/],
    truncated: ["done", "TypeError"],
    "cut-before": ["not done", "TypeError"],
    "cut-after": ["done", "TypeError"],
    html: ["done", 200, /^<html>/],
    empty: ["done", 200, /^$/],
    "data-array": ["done", 200, /"data":\[\{"ticketId":"\w{24}",.*\}\]/],
    "trailing-commas": ["done", 200, /"ticket_number": 32197,\n {4}\},\n/],
    throttle: ["not done", 429, /"type":"error"/],
    unauthorized: ["not done", 401, /"type":"error"/],
    "unknown-status": ["done", 200, CREATED],
    "no-id": ["done", 200, /"data":\{"ticket_number":32197\}/],
    "big-number": ["done", 200, /"ticket_number":9007199254740993123\}/],
  };
  const HEADERS: Partial<Record<Mood, Record<string, string>>> = {
    html: { "content-type": "text/html" },
    throttle: { "retry-after": "1" },
  };

  test("MUST refuse connections while it is down, new ones and those that are open, and be well after that", async () => {
    expect(await control("PUT", "mood", { mood: "down", delayMs: 700 })).toMatchObject({ status: 200 });
    await sleep(200);
    const refused = await postCreate().catch(({ cause }: Error) => (cause as NodeJS.ErrnoException).code);
    expect(refused).toBe("ECONNREFUSED");
    await expect.poll(async () => (await postCreate().catch(() => null))?.status).toBe(200);
    sandbox.setMood("down");
    await sleep(200);
    sandbox.setMood("well");
    expect((await postCreate()).status).toBe(200);
  });

  const SEEN = Object.keys(MOODS).filter((mood): mood is keyof typeof SIGHTS => mood !== "down");
  test.each(SEEN)("MUST show a caller the mood %s", async (mood) => {
    const [effect, status, text = ""] = SIGHTS[mood];
    sandbox.setMood(mood, { delayMs: 1 });
    const reply = post("create", helpdesk, status === "TimeoutError" ? 150 : 5000);
    const seen = await reply.catch(({ name }: Error) => ({ status: name, text: "", headers: new Headers() }));

    expect(seen.status).toBe(status);
    expect(seen.text).toMatch(text);
    expect(Object.fromEntries(seen.headers)).toMatchObject(HEADERS[mood] ?? {});
    expect(sandbox.received).toMatchObject([{ mood, executed: effect === "done" }]);
    expect(sandbox.tickets).toHaveLength(effect === "done" ? 1 : 0);
  });

  const data = { Status: "Open", "Created By id": "" };

  test.each([
    ["unknown-status", { ticket: { data: { Status: "Archived" } } }],
    ["refuse", { message: "sociomile_ticket_id required", line: 424 }],
    ["no-id", { ticket: { data } }],
    ["data-array", { ticket: { data: [data] } }],
  ] as const)("MUST show an update the mood %s", async (mood, body) => {
    sandbox.setMood(mood);
    const { text } = await post("update-status", update);
    expect(JSON.parse(text)).toMatchObject(body);
  });

  test("MUST print an update with trailing commas as the document does, whatever its text", async () => {
    const id = await idOfNew({ ...voice, content: "a } b \n ] c" });
    sandbox.setMood("trailing-commas");
    const { text } = await post("update-status", { ...update, sociomile_ticket_id: id });
    expect(text).toMatch(/"Created By id": "002928",\n +\},\n +"is_escalation": true,\n +\},\n +"success": true,\n\}$/);
    expect(JSON.parse(text.replaceAll(/,(?=\n *\})/g, "")).ticket.data.Content).toBe("a } b \n ] c");
  });

  test("MUST be well again after `times` requests, and treat the other path well when a mood is for one path", async () => {
    sandbox.setMood("throttle", { path: "update-status", times: 2 });
    const seen = [(await postCreate()).status];
    for (let turn = 0; turn < 3; turn += 1) seen.push((await post("update-status", update)).status);
    expect(seen).toEqual([200, 429, 429, 200]);
  });

  test("MUST still refuse a wrong request in a mood that executes", async () => {
    sandbox.setMood("cut-after");
    expect((await postCreate(without(helpdesk, "content"))).status).toBe(400);
    expect(sandbox.tickets).toEqual([]);
  });
});

describe("the control endpoint", () => {
  test("MUST set the mood without a secret, and MUST hold the answer back for delayMs", async () => {
    const order = { mood: "html-502", times: 1, delayMs: 500 };
    expect(await control("PUT", "mood", order)).toEqual({ status: 200, body: order });
    const startedAt = performance.now();
    expect((await postCreate()).status).toBe(502);
    expect(performance.now() - startedAt).toBeGreaterThan(490);
    expect((await postCreate()).status).toBe(200);
  });

  const SLOW = [{ times: 0 }, { delay: 5 }, { path: "list" }].map((more) => ({ mood: "slow", ...more }));
  const WRONG = [{ mood: "sad" }, { mood: "toString" }, ...SLOW, "slow"];
  test.each(WRONG)("MUST answer %j with the list of moods", async (order) => {
    const { status, body } = await control("PUT", "mood", order);
    expect(status).toBe(400);
    expect(Object.keys(body.moods)).toEqual(Object.keys(MOODS));
  });

  test("MUST show the log and the counts, without its own requests, and 404 for anything else", async () => {
    await postCreate();
    await postCreate("{");
    await post("update-status", update);
    const log = await control("GET", "log");
    expect(log.body).toEqual({ received: sandbox.received, tickets: sandbox.tickets });
    expect(log.body.received).toHaveLength(3);
    expect((await control("GET", "counts")).body).toEqual({ received: 3, executed: 2 });
    expect(JSON.stringify(log.body)).not.toContain(secret);
    expect((await control("GET", "mood")).status).toBe(404);
  });
});

test("A long run MUST keep only the newest entries and count all of them", async () => {
  await startAgain({ keep: 3 });
  const oldest = await idOfNew(voice);
  for (let turn = 0; turn < 9; turn += 1) await postCreate();

  expect(sandbox.tickets.map((ticket) => ticket.number)).toEqual([32204, 32205, 32206]);
  expect(sandbox.received).toHaveLength(3);
  expect((await control("GET", "counts")).body).toEqual({ received: 10, executed: 10 });
  const forgotten = await post("update-status", { ...update, sociomile_ticket_id: oldest });
  expect(forgotten.status).toBe(400);
});

const run = (...args: string[]) => startBuild({}, [join(ROOT, "sandbox/main.ts"), ...args]);

describe("the command", () => {
  test("MUST print its URL and end with 0 on SIGTERM", async () => {
    await using command = run("--port", "0", "--secret", secret, "--mood", "throttle");
    const url = await vi.waitUntil(() => command.written.stdout.trim(), { timeout: 30_000 });
    const address = `${url}/bank-sulut/create?client_secret_key=${secret}`;
    expect((await fetch(address, { method: "POST", body: "{}" })).status).toBe(429);
    command.process.kill("SIGTERM");
    expect((await command.ended).code).toBe(0);
  });

  test.each([
    ["an unknown mood", ["--secret", secret, "--mood", "sad"]],
    ["no secret", ["--port", "0"]],
    ["a file of the secret that cannot be read", ["--secret-file", "/no/such/file"]],
    ["a port that is none", ["--secret", secret, "--port", "70000"]],
    ["an unknown argument", ["--secret", secret, "--colour", "red"]],
  ])("MUST show its usage and exit with 64 for %s", async (_name, args) => {
    await using command = run(...args);
    const { code, stderr } = await command.ended;
    expect(code).toBe(64);
    expect(stderr).toMatch(/^usage: npm run sandbox -- --secret SECRET/);
  });
});
