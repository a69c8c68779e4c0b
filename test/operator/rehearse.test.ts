/** `operator rehearse`, against the sandbox and against a vendor that is written from the document alone. */
import { once } from "node:events";
import { text as textOf } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { Rehearsed } from "../../rehearsal/rehearse.ts";
import type { Probe } from "../../rehearsal/verdicts.ts";
import { STEPS } from "../../rehearsal/steps.ts";
import { refusalsMistake } from "../../src/sociomile/refusals.ts";
import { type Deviations, startDocumentVendor } from "../support/document-vendor.ts";
import { freePort } from "../support/free-port.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { testTable } from "../support/test-table.ts";
import { tlsInFrontOf } from "../support/tls-front.ts";
import { operate, spawnOperator } from "./operator-process.ts";

type Rehearsal = Rehearsed["rehearsal"] & Pick<Rehearsed, "lessons">;

const SECRET = "rahasia-uji-coba-4711";
const NO_LEDGER = "sqlite:/no/such/folder/ledger.db";

function settingsFor(url: string) {
  return { SOCIOMILE_BASE_URL: url, SOCIOMILE_CLIENT_SECRET_KEY: SECRET, SOCIOMILE_ALLOW_HTTP: "yes" };
}

async function rehearsed(url: string, ...args: string[]) {
  const ended = await operate(NO_LEDGER, ["rehearse", "--yes", "--json", ...args], settingsFor(url));
  const rehearsal = JSON.parse(ended.stdout) as Rehearsal;
  const byId = new Map(rehearsal.probes.map((probe) => [probe.id, probe]));
  return { ...ended, ...rehearsal, probe: (id: string) => byId.get(id)! };
}

const differing = ({ probes }: Rehearsal) =>
  probes.filter(({ verdict, outcome }) => verdict === "DIFFERS" || (verdict === "NEW" && outcome === "UNKNOWN"));
const idsOf = (probes: readonly Probe[]) => probes.map(({ id }) => id).toSorted();
describe("a rehearsal with a vendor that keeps to the document", () => {
  test("MUST find no difference, call one at a time, name its tickets, and end with 0", async () => {
    await using vendor = await startDocumentVendor(SECRET);

    const rehearsal = await rehearsed(vendor.url, "--twice");

    expect(differing(rehearsal)).toEqual([]);
    expect([rehearsal.code, vendor.mostAtOnce()]).toEqual([0, 1]);
    expect(vendor.tickets).toHaveLength(18); // the document's blank in a name is none
    expect(rehearsal.tickets.map(({ id }) => id)).toEqual(vendor.tickets.map(({ id }) => id));
    expect(rehearsal.stderr).toContain("They may open 19 tickets");
    const untried = rehearsal.probes.filter(({ verdict }) => verdict === "NOT_TRIED");
    expect(idsOf(untried)).toEqual(["reach.tls"]); // plain http
    const texts = vendor.tickets.flatMap(({ body }) => [body["content"], body["atmName"] ?? body["customer_name"]]);
    for (const text of texts) expect(text).toContain("UJI COBA");
  });

  test("MUST tell the end of the certificate", async () => {
    await using vendor = await startDocumentVendor(SECRET);
    await using front = await tlsInFrontOf(vendor);
    using files = temporaryFiles();
    const NODE_EXTRA_CA_CERTS = files.write("authorities.pem", front.cert);
    const settings = { ...settingsFor(front.url), NODE_EXTRA_CA_CERTS };

    const ended = await operate(NO_LEDGER, ["rehearse", "--yes", "--json", "--refusals"], settings);

    const [first] = (JSON.parse(ended.stdout) as Rehearsal).probes;
    expect(first).toMatchObject({ id: "reach.tls", verdict: "AS_DOCUMENTED" });
    expect(first!.answered!.message).toMatch(/^certificate until \d{4}-/);
  });

  test("MUST open no ticket with --refusals", async () => {
    await using vendor = await startDocumentVendor(SECRET);

    const rehearsal = await rehearsed(vendor.url, "--refusals");

    expect([rehearsal.code, vendor.tickets, rehearsal.tickets]).toEqual([0, [], []]);
    expect(rehearsal.probe("accept.helpdesk").verdict).toBe("NOT_TRIED");
    expect(rehearsal.probe("blank.voice.customerName")).toMatchObject({
      documented: "Customer_name required",
      answered: { status: 422, contentType: "application/json", message: "Customer_name required" },
      verdict: "AS_DOCUMENTED",
      outcome: "REJECTED",
      field: "customerName",
      assumption: 3,
    });
  });
});

/** Body of an answer, as the tests change it. */
interface AnswerBody {
  message?: string;
  trace_id?: string;
  data?: { ticketId: string; ticket_number: number };
  ticket?: { data: Record<string, string> };
}

const inBody =
  (change: (body: AnswerBody) => object) =>
  <Plain extends { body: object | string }>(plain: Plain) => ({
    ...plain,
    body: change(structuredClone(plain.body) as AnswerBody),
  });
const inCreated = (change: (body: AnswerBody) => object): Deviations => ({ created: inBody(change) });
const inData = (change: (data: NonNullable<AnswerBody["data"]>) => object): Deviations =>
  inCreated(({ data, ...body }) => ({ ...body, data: { ...data, ...change(data!) } }));
const inReport = (change: (data: Record<string, string>) => unknown): Deviations => ({
  updated: inBody((body) => (change(body.ticket!.data), body)),
});
const notMandatory = (kind: string, field: string): Deviations => ({
  mandatory: (plain) => ({ ...plain, [kind]: plain[kind]!.filter((each) => each !== field) }),
});

/** Deviations of a vendor, each with the probes that name it. */
const DEVIATIONS: Record<string, [deviations: Deviations, named: string]> = {
  "a mandatory field that is not": [
    notMandatory("helpdesk", "atmName"),
    "blank.helpdesk.atmName mandatory.helpdesk.atmName",
  ],
  "an optional field that is mandatory": [
    { mandatory: (plain) => ({ ...plain, voice: [...plain["voice"]!, "subject"] }) },
    "optional.voice",
  ],
  "a sentence in Indonesian": [
    { sentence: (plain, field) => (field === "nominal" ? "nominal wajib diisi" : plain) },
    "blank.helpdesk.amount mandatory.helpdesk.amount",
  ],
  "data as a list": [inCreated((body) => ({ ...body, data: [body.data] })), "shape.created shape.data"],
  "code as text": [inCreated((body) => ({ ...body, code: "200" })), "shape.code shape.created"],
  "a ticket's number as text": [
    inData((data) => ({ ticket_number: String(data.ticket_number) })),
    "shape.created shape.ticketNumber",
  ],
  "refusals without a trace id": [{ refused: inBody(({ trace_id: _id, ...body }) => body) }, "shape.refused"],
  "names that are trimmed": [inReport((data) => (data["Content"] = data["Content"]!.trim())), "echo.content"],
  "a title that is spelt right": [
    inReport((data) => {
      data["Sub Category"] = data["Cub Category"]!;
      delete data["Cub Category"];
    }),
    "echo.subCategory",
  ],
  "a report without a name": [inReport((data) => delete data["Customer Name"]), "echo.customerName"],
  "a title that nobody knows": [inReport((data) => (data["Extra"] = "x")), "shape.updated"],
  "an acceptance that is not strict JSON": [
    { created: (plain) => ({ ...plain, body: JSON.stringify(plain.body).replace(/\}$/, ",}") }) },
    "shape.created",
  ],
  "texts that are cut": [inReport((data) => (data["Content"] = data["Content"]!.slice(0, 1000))), "length.20001"],
  "a status that is refused": [
    { updated: (plain, _, body) => (body["status"] === "On Hold" ? NOT_ALLOWED : plain) },
    "status.ON_HOLD",
  ],
  "a status that is always the example's": [
    inReport((data) => (data["Status"] = "InProgress")),
    "echo.statusLabel status.CLOSE status.ON_HOLD status.OPEN status.PENDING status.PENDING_APPROVAL status.afterClose " +
      "status.again update.unknownTicket",
  ],
  "a Close that is final": [
    {
      updated: (plain, ticket, body) => {
        if (ticket && body["status"] === "Close") ticket.body["closed"] = "yes";
        const report = inReport((data) => ticket?.body["closed"] && (data["Status"] = "Close"));
        return report.updated!(plain, ticket, body);
      },
    },
    "status.afterClose",
  ],
  "an unknown contact": [
    { objection: (body) => (String(body["connectID"]).startsWith("UJI") ? "connectID not found" : null) },
    "contact.unknown",
  ],
  "numbers that must be numbers": [
    {
      objection: (body) => (typeof body["nomorRekening"] === "string" ? "NomorRekening must be a number" : null),
    },
    "number.asText number.leadingZero",
  ],
};
const NOT_ALLOWED = { status: 422, body: { type: "error", message: "status not allowed" } };

const READ_BACK = ["email.odd", "length.20001", "length.256", "phone.plus", "text.emoji", "text.lines"];
const OPENING = STEPS.filter(({ opens, key, id }) => opens && !key && id !== "twice").map(({ id }) => id);

interface OfSeveral {
  deviations: () => Deviations;
  cause: [probe: string, message: string];
  named: string[];
  untried?: string[];
}

/** Deviations that one answer alone does not show: each with its cause, and the probes that name it or stay open. */
const DEVIATIONS_OF_SEVERAL: Record<string, OfSeveral> = {
  "a repeated ticket": {
    deviations() {
      const firstOf = new Map<unknown, ReturnType<NonNullable<Deviations["created"]>>>();
      return { created: (plain, { connectID }) => firstOf.getOrInsert(connectID, plain) };
    },
    cause: ["shape.ticketId", "that of accept.helpdesk again, at optional.helpdesk"],
    named: ["shape.ticketId"],
    untried: [...READ_BACK, "zone"],
  },
  "a repeated number": {
    deviations: () => inData(() => ({ ticket_number: 32197 })),
    cause: ["shape.ticketNumber", "that of accept.helpdesk again, at accept.voice"],
    named: ["shape.ticketNumber"],
  },
  "a new ticket that is not found at once": {
    deviations() {
      const known = new Set<unknown>([undefined]);
      const message = "Ticket not found";
      return {
        updated(plain, ticket) {
          const isKnown = ticket && known.has(ticket);
          known.add(ticket);
          return isKnown ? plain : { status: 404, body: { type: "error", trace_id: "ecPUkJSF", message } };
        },
      };
    },
    cause: ["status.OPEN", "Ticket not found"],
    named: ["status.OPEN"],
  },
  "another code": {
    deviations: () => inCreated((body) => ({ ...body, code: 201 })),
    cause: ["shape.code", '{"code":201}'],
    named: ["shape.code", "shape.created", ...OPENING],
  },
  "an id that is an object": {
    deviations: () => inData(({ ticketId }) => ({ ticketId: { $oid: ticketId } })),
    cause: ["shape.ticketId", "object"],
    named: ["shape.created", "shape.ticketId", ...OPENING],
  },
};

describe("a rehearsal with a vendor that deviates", () => {
  testTable(DEVIATIONS)("MUST name %s, and nothing else", async (_, [deviations, named]) => {
    await using vendor = await startDocumentVendor(SECRET, deviations);

    const rehearsal = await rehearsed(vendor.url);

    expect(idsOf(differing(rehearsal)).join(" ")).toBe(named);
    expect(rehearsal.code).toBe(1);
  });

  testTable(DEVIATIONS_OF_SEVERAL)(
    "MUST name %s with its cause, ask one question, and list each ticket once",
    async (_, { deviations, cause: [probe, message], named, untried = [] }) => {
      await using vendor = await startDocumentVendor(SECRET, deviations());

      const rehearsal = await rehearsed(vendor.url);
      const ids = vendor.tickets.map(({ id }) => id);
      const { stdout: report } = await operate(NO_LEDGER, ["rehearse", "--yes"], settingsFor(vendor.url));

      expect(rehearsal.probe(probe).answered?.message).toBe(message);
      expect(idsOf(differing(rehearsal))).toEqual(named.toSorted());
      const isMisread = named.includes("accept.voice");
      for (const id of untried) expect(rehearsal.probe(id).verdict).toBe("NOT_TRIED");
      expect(rehearsal.probe("zone").verdict === "NOT_TRIED").toBe(isMisread || untried.includes("zone"));
      expect(report.match(/^\d+\. /gm)).toEqual(["1. "]);
      const listed = untried.length > 0 ? [ids[0], ids[1], rehearsal.tickets[2]!.id] : ids;
      expect(rehearsal.tickets.map(({ id, isCertain }) => [id, isCertain])).toEqual(
        listed.map((id) => [id, !isMisread]),
      );
    },
  );

  test("MUST say that a ticket was not read back", async () => {
    await using vendor = await startDocumentVendor(SECRET, {
      updated: (plain, ticket) =>
        String(ticket?.body["content"]).includes("baris dua") ? { status: 404, body: {} } : plain,
    });

    const rehearsal = await rehearsed(vendor.url);

    expect(rehearsal.probe("text.lines").answered?.message).toBe("success; not read back: HTTP 404");
    expect(differing(rehearsal)).toEqual([]);
  });

  test("MUST say first that a ticket was opened where none should be", async () => {
    await using vendor = await startDocumentVendor(SECRET, {
      ...notMandatory("helpdesk", "atmName"),
      unauthorized: () => null,
    });

    const args = ["rehearse", "--yes", "--refusals"];
    const { code, stdout: report } = await operate(NO_LEDGER, args, settingsFor(vendor.url));

    expect(code).toBe(1);
    expect(report.split("\n").slice(0, 4)).toEqual(
      ["secret.wrong", "secret.missing", "mandatory.helpdesk.atmName", "blank.helpdesk.atmName"]
        .flatMap((id) => [`**A ticket was opened where none should be: ${id}.**`, ""])
        .slice(0, 4),
    );
    for (const { id } of vendor.tickets) expect(report).toContain(id);
  });

  test("MUST hold no secret, no path, and the vendor's questions in two languages", async () => {
    await using vendor = await startDocumentVendor(SECRET, {
      refused: inBody((body) => ({
        ...body,
        message: `${SECRET} in /srv/app/X.php on line 99: ${body.message}`,
      })),
    });
    const { stdout } = await operate(NO_LEDGER, ["rehearse", "--yes", "--refusals"], settingsFor(vendor.url));

    expect(stdout).not.toContain(SECRET);
    expect(stdout).not.toContain("X.php");
    expect(stdout).toMatch(/^1\. Nilai ticketType yang tidak dikenal .*\n {3}An unknown ticketType is answered/m);
  });

  test("MUST keep when Sociomile asks to be called again, and no secret in an acceptance", async () => {
    await using vendor = await startDocumentVendor(SECRET, {
      unauthorized: (plain) => ({ ...plain, status: 429, headers: { "retry-after": "7" } }),
      ...inCreated((body) => ({ ...body, message: `made with ${SECRET}` })),
    });
    const { stdout, probe } = await rehearsed(vendor.url);

    expect(probe("secret.wrong").answered).toMatchObject({ status: 429, retryAfterSeconds: 7 });
    expect(probe("accept.voice")).toMatchObject({ outcome: "ACCEPTED", answered: { message: "made with {…}" } });
    expect(stdout).not.toContain(SECRET);
  });

  test("MUST print entries that teach the service what it did not understand", async () => {
    await using vendor = await startDocumentVendor(SECRET, {
      sentence: (_, field) => `Kolom ${field} wajib diisi`,
      objection: (body) =>
        String(body["connectID"]).startsWith("UJI") ? `connectID ${body["connectID"]} not found` : null,
    });
    const { lessons, code } = await rehearsed(vendor.url);
    const lesson = JSON.stringify(lessons);
    expect([code, refusalsMistake(lesson)]).toEqual([1, null]);
    expect(lessons).toEqual([
      { id: "mandatory.helpdesk", status: 422, message: "Kolom {field} wajib diisi", means: "REJECTED" },
      { id: "contact.unknown", status: 422, message: "{field} {…} not found", means: "REJECTED" },
    ]);
    using files = temporaryFiles();
    const SOCIOMILE_REFUSALS_FILE = files.write("refusals.json", lesson);
    const again = await operate(NO_LEDGER, ["rehearse", "--yes", "--json", "--refusals"], {
      ...settingsFor(vendor.url),
      SOCIOMILE_REFUSALS_FILE,
    });
    const { probes } = JSON.parse(again.stdout) as Rehearsal;
    expect(probes.find(({ id }) => id === "mandatory.voice.customerName")).toMatchObject({
      verdict: "DIFFERS", // the document still says something else
      outcome: "REJECTED",
      field: "customerName",
    });
  });
});

test("A refusal of the secret in a form of its own MUST become a known one that had no effect", async () => {
  await using vendor = await startDocumentVendor(SECRET, {
    unauthorized: (plain) => ({ ...plain, body: { message: "Kunci tidak dikenal" } }),
  });

  const { lessons } = await rehearsed(vendor.url, "--refusals");

  expect(lessons).toEqual([{ id: "secret.wrong", status: 401, message: "Kunci tidak dikenal", means: "NOT_EXECUTED" }]);
});

describe("a bad day of a rehearsal", () => {
  test.each([
    { retryAfter: "30", limited: 1, isOver: true },
    { retryAfter: "1", limited: 2, isOver: false },
    { retryAfter: "0", limited: 3, isOver: true },
  ])(
    "MUST wait for a short limit, else stop: $retryAfter s, $limited times",
    async ({ retryAfter, limited, isOver }) => {
      await using vendor = await startDocumentVendor(SECRET, {
        exchange(_, response, nth) {
          const isLimited = nth > 30 && (isOver || nth <= 30 + limited);
          if (isLimited)
            response
              .writeHead(429, { "content-type": "application/json", "retry-after": retryAfter })
              .end('{"message":"Too Many Attempts."}');
          return isLimited;
        },
      });

      const rehearsal = await rehearsed(vendor.url);

      expect(idsOf(differing(rehearsal))).toEqual(["reach.throttled"]);
      expect(rehearsal.probe("reach.throttled").answered).toMatchObject({
        status: 429,
        message: `limited at blank.voice.customerPhone, Retry-After ${retryAfter}: Too Many Attempts.`,
      });
      expect(rehearsal.probe("accept.voice").verdict).toBe(isOver ? "NOT_TRIED" : "AS_DOCUMENTED");
      expect(vendor.requests() === 30 + limited).toBe(isOver);
    },
  );

  test("MUST send nothing without a terminal and without --yes", async () => {
    await using vendor = await startDocumentVendor(SECRET);

    const { code, stderr } = await operate(NO_LEDGER, ["rehearse"], settingsFor(vendor.url), "yes\n");

    expect([code, vendor.requests()]).toEqual([1, 0]);
    expect(stderr).toContain("Refused: Nothing is sent without a yes, or --yes.");
  });

  test("MUST end with 69 when the vendor cannot be reached three times in a row", async () => {
    const port = await freePort();

    const { code, tickets, probes } = await rehearsed(`http://127.0.0.1:${port}`);

    expect([code, tickets]).toEqual([69, []]);
    expect(probes.find(({ id }) => id === "reach.tls")?.answered?.message).toContain("ECONNREFUSED");
    expect(new Set(probes.slice(1).map(({ verdict }) => verdict))).toEqual(new Set(["NOT_TRIED"]));
  });

  test("MUST make a row of a hang, of 10 MB, of HTML and of a redirect, and go on", async () => {
    await using vendor = await startDocumentVendor(SECRET, {
      exchange(_, response, nth) {
        if (nth === 1) return true; // never answers
        if (nth === 2) response.end("x".repeat(10 * 2 ** 20));
        if (nth === 3) response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad Gateway</h1>");
        if (nth === 4) response.writeHead(302, { location: "https://elsewhere.example/?k=v" }).end();
        return nth <= 4;
      },
    });

    const { probes } = await rehearsed(vendor.url, "--refusals");

    const [hung, large, html, redirect, next] = probes.slice(1);
    expect(hung).toMatchObject({ answered: null, outcome: "UNKNOWN" });
    expect(large).toMatchObject({ answered: { status: 200, message: null }, outcome: "UNKNOWN" });
    expect(html).toMatchObject({ answered: { status: 502, contentType: "text/html", message: "Bad Gateway" } });
    expect(redirect).toMatchObject({ answered: { status: 302, message: null }, verdict: "DIFFERS" });
    expect(next).toMatchObject({ verdict: "AS_DOCUMENTED" });
  }, 60_000);

  test("MUST write what is known at Ctrl-C, tickets first, also while the vendor hangs", async () => {
    await using vendor = await startDocumentVendor(SECRET, {
      ...notMandatory("helpdesk", "namaNasabah"),
      exchange: (_, __, nth) => nth > 6,
    });
    const child = spawnOperator(NO_LEDGER, ["rehearse", "--yes", "--json"], settingsFor(vendor.url));
    const [exited, output] = [once(child, "exit"), textOf(child.stdout)];
    while (vendor.requests() < 7) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");

    expect(await exited).toEqual([130, null]);
    const rehearsal = JSON.parse(await output) as Rehearsal;
    expect(Object.keys(rehearsal)).toEqual(["address", "startedAt", "tickets", "probes", "lessons"]);
    expect(rehearsal.tickets).toHaveLength(vendor.tickets.length);
    expect(vendor.tickets.length).toBeGreaterThan(0);
  });
});
