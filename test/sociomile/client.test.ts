import { once } from "node:events";
import type { Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { Pool } from "undici";
import { describe, expect, test } from "vitest";
import { isCertificateError } from "../../src/errors.ts";
import type { SociomileSettings } from "../../src/sociomile/client.ts";
import { post } from "../../src/sociomile/exchange.ts";
import { MAX_ANSWER_BYTES } from "../../src/sociomile/route.ts";
import { ACCEPTED, CREATED, REFUSED, UPDATED_AS_PRINTED } from "./answers.ts";
import { CERTIFICATE_FAULTS, selfSigned } from "./certificate.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { repositoryText } from "../support/repository.ts";
import { testTable } from "../support/test-table.ts";
import { HELPDESK, STATUS } from "./requests.ts";
import { notExecuted, unknown } from "../support/outcomes.ts";
import {
  type Behaviour,
  SECRET,
  acceptedAs,
  answering,
  http,
  ofNth,
  oneCall,
  openDesk,
  openClient,
  startVendor,
} from "./scripted-vendor.ts";

const withTitle = (Subject: string) => http(200, { success: true, ticket: { data: { Subject } } });

describe("a request to the vendor", () => {
  test("MUST be the request of the document, without any other data", async () => {
    await using desk = await openDesk(answering(http(200)), { clientSecretKey: () => "key-of-the-tests" });

    expect(await desk.send()).toEqual(ACCEPTED);

    const [received] = desk.received;
    expect(received?.raw.replace(/:\d+/, ":PORT")).toMatchInlineSnapshot(`
      "POST /bank-sulut/create?client_secret_key=key-of-the-tests HTTP/1.1
      host: 127.0.0.1:PORT
      connection: keep-alive
      content-type: application/json
      accept: application/json
      content-length: 587

      {"ticketType":"helpdesk","namaNasabah":"Alex","content":"haloo \\n selamat anda telah","email":"helpdesk@gmail.com","connectID":"permata@sample.com","mediaTransaksi":"61c1a67a55ad7fa60195bc03","jenisTransaksi":"PEMBELIAN","nominal":200000,"nomorRekening":12356788,"nomorKartu":1920384458201205,"transactionId":"LED-001","claimReason":"Barang Tidak sesuai","claimDate":"2025-10-23 16:54:08","branchCode":"001","branchName":"Cabang Utama","atmName":"MOBIL KELILING CAB UTAMA","atmId":"0126","description":"halo Tolong di bantu","nomorTicketHelpdesk":826282,"noRegPengaduanCabang":101892087}"
    `);
    expect(desk.received).toHaveLength(1);
  });

  test("MUST hold the current secret once, quoted, in the query string and nowhere else", async () => {
    let secret = "the-old-one";
    await using desk = await openDesk(answering(http(200)), { clientSecretKey: () => secret });

    await desk.send();
    secret = SECRET;
    await desk.send();

    const addresses = desk.received.map((received) => new URL(received.target, desk.url));
    const sent = addresses.map(({ searchParams }) => searchParams.getAll("client_secret_key"));
    expect(sent).toEqual([["the-old-one"], [SECRET]]);
    const { target, raw } = desk.received[1]!;
    expect(raw.split(encodeURIComponent(SECRET))).toHaveLength(2);
    expect(raw.replace(target, "")).not.toContain("key+of");
  });
});

/** Codes of https://nodejs.org/api/tls.html#x509-certificate-error-codes but OUT_OF_MEM, and that of another host's certificate. */
const CODES_OF_NODE = `CERT_NOT_YET_VALID CERT_HAS_EXPIRED CRL_NOT_YET_VALID CRL_HAS_EXPIRED CERT_REVOKED
  UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN
  CERT_CHAIN_TOO_LONG UNABLE_TO_GET_CRL UNABLE_TO_VERIFY_LEAF_SIGNATURE CERT_UNTRUSTED CERT_SIGNATURE_FAILURE
  CRL_SIGNATURE_FAILURE ERROR_IN_CERT_NOT_BEFORE_FIELD ERROR_IN_CERT_NOT_AFTER_FIELD ERROR_IN_CRL_LAST_UPDATE_FIELD
  ERROR_IN_CRL_NEXT_UPDATE_FIELD UNABLE_TO_DECRYPT_CERT_SIGNATURE UNABLE_TO_DECRYPT_CRL_SIGNATURE
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY INVALID_CA PATH_LENGTH_EXCEEDED INVALID_PURPOSE CERT_REJECTED HOSTNAME_MISMATCH
  UNSPECIFIED ERR_TLS_CERT_ALTNAME_INVALID`.split(/\s+/);

/** Adds an authority to those of this process. */
function trusting(cert: string): Disposable {
  const before = getCACertificates("default");
  setDefaultCACertificates([...before, cert]);
  return { [Symbol.dispose]: () => setDefaultCACertificates(before) };
}

test.each(CERTIFICATE_FAULTS)("A request MUST be not executed when a certificate is no server's: %s", async (fault) => {
  const certificate = selfSigned("127.0.0.1", 1, fault);
  using _ = trusting(certificate.cert);
  await using desk = await openDesk({ certificate, ...answering(http(200)) });

  expect(await desk.send()).toEqual(notExecuted("SOCIOMILE_CERTIFICATE_INVALID"));
  const { operation } = HELPDESK;
  expect(desk.events).toContainEqual({ event: "sociomile.certificate_invalid", operation });
  expect(repositoryText("deploy/prometheus/alerts.yaml")).toContain('event="sociomile.certificate_invalid"');
  expect(desk.bytes()).toBe(0);
});

function brokenReading(): never {
  throw new RangeError("a value of the answer");
}

describe("a fault of the reading", () => {
  test("MUST be a doubt, be told with its place, and end the probe of the circuit breaker", async () => {
    await using desk = await openDesk(answering(http(422, { message: "?" })), { refusals: brokenReading });

    for (let call = 0; call < 10; call++) expect(await desk.send()).toEqual(unknown("ANSWER_NOT_UNDERSTOOD"));

    expect(desk.events[0]).toMatchObject({ event: "sociomile.answer_not_read", error: "RangeError" });
    expect(JSON.stringify(desk.events)).not.toContain("a value of the answer");
    expect(await desk.send()).toMatchObject({ reason: "CIRCUIT_OPEN" });
  });
});

describe.concurrent("a request that never left", () => {
  type To = (port: number) => string;
  testTable<{ behaviour?: Behaviour; to?: To; settings?: Partial<SociomileSettings>; tries?: number }>({
    "the port refuses": { to: () => "http://127.0.0.1:1" }, // reserved: no server of another test uses it
    "the host has no address": { to: () => "http://does-not-exist.invalid" },
    "the handshake is cut": { behaviour: { onFirstBytes: (socket) => socket.resetAndDestroy() }, tries: 3 },
    "the handshake takes longer than the limit for a connection": { settings: { connectTimeoutMs: 200 } },
    "the deadline comes during the handshake": { settings: { timeoutMs: 200, connectTimeoutMs: 1000 } },
  })("MUST be not executed when %s", async (_, { behaviour, to = overTls, settings, tries }) => {
    await using vendor = await startVendor(behaviour);
    await using client = openClient(to(vendor.port), settings);

    expect(await client.send()).toEqual(notExecuted("SOCIOMILE_UNREACHABLE"));
    expect(vendor.received).toEqual([]);
    expect(vendor.connections()).toBe(tries ?? vendor.connections());
  });

  test("MUST be not executed when the certificate is not trusted, and be reported each time", async () => {
    await using desk = await openDesk({ certificate: selfSigned(), ...answering(http(200)) });
    for (let i = 0; i < 10; i++) expect(await desk.send()).toEqual(notExecuted("SOCIOMILE_CERTIFICATE_INVALID"));
    expect(await desk.send()).toMatchObject({ reason: "CIRCUIT_OPEN" });

    const reported = { event: "sociomile.certificate_invalid", operation: "CREATE_HELPDESK_TICKET" };
    expect(desk.events.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => reported));
    expect(desk.bytes()).toBe(0); // the secret is not revealed
  });

  test.each(CODES_OF_NODE)("MUST be known as a certificate's fault by each code of Node: %s", (code) => {
    expect(isCertificateError(Object.assign(new Error(), { code }))).toBe(true);
  });

  test.each(["ECONNRESET", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT", "ERR_SSL_WRONG_VERSION_NUMBER", "OUT_OF_MEM"])(
    "MUST NOT be taken for a certificate's fault: %s",
    (code) => {
      expect(isCertificateError(Object.assign(new Error(), { code }))).toBe(false);
    },
  );

  test("MUST be not executed when the breaker opens while it waits for its turn", async () => {
    await using desk = await openDesk({ onRequest: (socket) => socket.resetAndDestroy() });

    const outcomes = await Promise.all(Array.from({ length: 100 }, () => desk.send()));

    expect(outcomes.filter(({ outcome }) => outcome === "notExecuted")).not.toEqual([]);
    expect(desk.received.length).toBeLessThan(20); // 10 open it, and 8 are under way
  });

  test("MUST NOT be sent after its deadline, when it was waiting for a connection", async () => {
    const first = Promise.withResolvers<() => void>();
    const onRequest = (socket: Socket) => first.resolve(() => socket.write(http(200)));
    await using vendor = await startVendor({ onRequest });
    const pool = new Pool(vendor.url, { connections: 1 });
    const patient = post(pool, { path: "/first", body: "{}" }, 15_000, Infinity);
    const answerFirst = await first.promise;

    const impatient = await post(pool, { path: "/second", body: "{}" }, 50, Infinity);
    expect(impatient).toEqual({ ended: "failed", started: false, cause: "deadline" });

    answerFirst(); // this frees the connection
    expect(await patient).toMatchObject({ ended: "answered", answer: { status: 200 } });
    await pool.close(); // waits for all accepted requests
    expect(vendor.received.map(({ target }) => target)).toEqual(["/first"]);
  });
});

describe.concurrent("a request that was begun", () => {
  test("MUST be in doubt when the connection is reset before the request has arrived", async () => {
    await using desk = await openDesk({ onFirstBytes: (socket) => socket.resetAndDestroy() });
    const content = "x".repeat(8 * 1024 * 1024); // larger than every buffer on the way

    const request = { ...HELPDESK, details: { ...HELPDESK.details, content } };
    expect(await desk.send(request)).toEqual(unknown("CONNECTION_LOST"));
    expect(desk.received).toEqual([]);
    expect(desk.bytes()).toBeGreaterThan(0);
    expect(desk.connections()).toBe(1);
  });

  const EARLY_HINTS = "HTTP/1.1 103 Early Hints\r\nretry-after: 1\r\n\r\n";
  const HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{";
  const HALF_A_CHUNK = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{";
  const LATE: Record<string, Behaviour> = {
    "no answer comes in time": {},
    "the answer does not end in time": answering(http(200).slice(0, -1)),
    "the answer trickles in beyond the deadline, a byte at a time": { onRequest: trickle },
  };
  const LOST: Record<string, Behaviour> = {
    "the connection is reset after it has arrived": { onRequest: (socket) => socket.resetAndDestroy() },
    "the connection is closed without an answer": { onRequest: (socket) => socket.end() },
    "the answer is cut short": { onRequest: (socket) => socket.end(http(200).slice(0, -1)) },
    "the answer is cut short between chunks": { onRequest: (socket) => socket.end(HALF_A_CHUNK) },
    "the answer ends in its head": { onRequest: (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-") },
    "the connection is reset after the answer's head": {
      onRequest: (socket) => socket.write(HEAD, () => socket.resetAndDestroy()),
    },
    "only the connection's other use is offered": answering("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    "it is promised an answer, and none follows": { onRequest: (socket) => socket.end(EARLY_HINTS) },
    "the answer has two lengths": answering(http(200, CREATED, { "Content-Length": "1" })),
    "the answer has a length and chunks": answering(http(200, CREATED, { "transfer-encoding": "chunked" })),
    "the answer is no HTTP": { onRequest: (socket) => socket.end("220 mail.example ESMTP\r\n") },
    "the answer's head has no end": answering(http(200, "", { x: "y".repeat(100_000) })),
  };
  testTable({ ...LATE, ...LOST })("MUST be in doubt, and MUST NOT be repeated, when %s", async (name, behaviour) => {
    const isLate = name in LATE;
    await using desk = await openDesk(behaviour, isLate ? { timeoutMs: 2500 } : {});

    expect(await desk.send()).toEqual(unknown(isLate ? "ANSWER_TIMED_OUT" : "CONNECTION_LOST"));
    expect(desk.received).toHaveLength(1);
    expect(desk.connections()).toBe(1);
    if (isLate) await desk.allClosed();
  });

  test("MUST be not executed only when the vendor has received no byte of it", async () => {
    // The machine decides whether the reset or the request is first. Both are correct, and each has its own outcome.
    await using desk = await openDesk({ onConnection: (socket) => socket.resetAndDestroy() });

    const answer = await desk.send();

    expect([notExecuted("SOCIOMILE_UNREACHABLE"), unknown("CONNECTION_LOST")]).toContainEqual(answer);
    expect(desk.received).toEqual([]);
  });
});

describe("an answer", () => {
  const INTERIM = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
  const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
  const continueFirst = (socket: Socket, nth: number) =>
    void socket.write(CONTINUE, () => setTimeout(() => socket.write(ofNth(http(200), nth)), 50));
  testTable({
    "of 256 KiB": http(200, paddedTo(256 * 1024)),
    "behind an interim one": INTERIM + http(200),
    "behind one that asks for the body, which it has got": CONTINUE + http(200),
    "behind many of these": CONTINUE.repeat(100) + INTERIM + http(200),
    "behind one with headers": `HTTP/1.1 100 Whatever\r\nlink: </x>\r\n\r\n${http(200)}`,
    "of another type": http(200, CREATED, { "content-type": "text/html; charset=iso-8859-1" }),
    "of no type": http(200, CREATED, { "content-type": "" }),
  })("MUST be read: one %s", async (_, answer) => {
    await using desk = await openDesk(answering(answer));

    expect(await desk.send()).toEqual(ACCEPTED);
    expect(desk.received).toHaveLength(1);
  });

  test("MUST be read when an unasked 100 Continue before it comes in pieces, or after another interim one", async () => {
    const interim = CONTINUE + INTERIM + CONTINUE;
    const whole = interim + http(200);
    const cuts = [1, 5, 11, CONTINUE.length - 1, CONTINUE.length + 30, interim.length - 3, interim.length + 4];
    await using desk = await openDesk({
      onRequest(socket, nth) {
        const own = ofNth(whole, nth);
        socket.write(own.slice(0, cuts[nth - 1]), () => {
          setTimeout(() => socket.write(own.slice(cuts[nth - 1])), 50);
        });
      },
    });

    for (const [nth, cut] of cuts.entries()) expect([cut, await desk.send()]).toEqual([cut, acceptedAs(nth + 1)]);
    expect(desk.connections()).toBe(1);
  });

  test("MUST be read whole when a piece of its body looks like a 100 Continue", async () => {
    const [start, rest] = [`{"x":"`, `HTTP/1.1 100 "\r\n\r\n,${JSON.stringify(CREATED).slice(1)}`];
    const answer = http(200, start + rest);
    await using desk = await openDesk({
      onRequest: (socket, nth) =>
        void socket.write(answer.slice(0, -rest.length), () => setTimeout(() => socket.write(ofNth(rest, nth)), 50)),
    });

    expect([await desk.send(), await desk.send()]).toEqual([acceptedAs(1), acceptedAs(2)]);
  });

  test.each(["HTTP", "TLS"])("MUST be read when it comes later than an unasked 100 Continue: %s", async (wire) => {
    const certificate = selfSigned();
    using _ = trusting(certificate.cert);
    await using desk = await openDesk({ onRequest: continueFirst, ...(wire === "TLS" && { certificate }) });

    expect([await desk.send(), await desk.send()]).toEqual([acceptedAs(1), acceptedAs(2)]);
    expect(desk.connections()).toBe(1);
  });

  test.each([
    ["with its length", http(200, paddedTo(MAX_ANSWER_BYTES + 1))],
    ["without an end", `HTTP/1.1 200 OK\r\n\r\n${paddedTo(MAX_ANSWER_BYTES + 1)}`],
    ["in pieces", `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${"1\r\n \r\n".repeat(9000)}`],
  ])("MUST leave a doubt when it is larger, %s, and MUST NOT affect the next call", async (_, large) => {
    await using desk = await openDesk(answering(large, http(200)));

    expect(await desk.send()).toEqual(unknown("ANSWER_NOT_UNDERSTOOD"));
    expect(await desk.send()).toEqual(ACCEPTED);
    expect(desk.received).toHaveLength(2);
  });

  test.each([301, 302, 303, 307, 308])("MUST NOT be followed elsewhere: HTTP %i", async (status) => {
    await using elsewhere = await startVendor(answering(http(200)));
    const location = `${elsewhere.url}/trap`;
    await using desk = await openDesk(answering(http(status, "", { location })));

    expect(await desk.send()).toEqual(unknown("ANSWER_NOT_UNDERSTOOD"));
    expect(desk.received).toHaveLength(1);
    expect(elsewhere.connections()).toBe(0);
  });

  test("MUST be requested once more, and only once, after a Retry-After that fits the deadline", async () => {
    await using desk = await openDesk(answering(http(429, "", { "Retry-After": "1" })), { timeoutMs: 5000 });

    expect(await desk.send()).toMatchObject({ outcome: "notExecuted", reason: "SOCIOMILE_THROTTLED" });
    expect(desk.received).toHaveLength(2);
  });

  const KEY = "key-of-the-tests";
  test.each<[string, TicketRequest, string]>([
    ["a ticket id", HELPDESK, http(200, { ...CREATED, data: { ticketId: `of-${KEY}` } })],
    ["the trace id of a refusal", HELPDESK, http(400, { ...REFUSED, trace_id: KEY })],
    ["the trace id of any answer", HELPDESK, http(500, { trace_id: `id_${KEY}` })],
    ["a detail", STATUS, withTitle(`The secret ${KEY} is wrong`)],
    ["a detail, between invisible characters", STATUS, withTitle(KEY.replace("-", "\u200b-\u00ad"))],
    ["an address in a detail", STATUS, withTitle(`GET /x?client_secret_key=${encodeURIComponent(SECRET)}`)],
    ["another form of an address", STATUS, withTitle(`/x?${String(new URLSearchParams({ k: SECRET }))}`)],
  ])("MUST leave a doubt, and an event without it, for the secret in %s", async (_, request, answer) => {
    const secret = answer.includes("of-the-tests") ? KEY : SECRET;
    const inForce = [secret]; // it is rotated while the request is under way
    const clientSecretKey = () => inForce.shift() ?? "a-newer-secret";
    await using client = await openDesk(answering(answer), { clientSecretKey });

    const outcome = await client.send(request);

    expect(outcome).toEqual(unknown("ANSWER_NOT_UNDERSTOOD"));
    const { operation } = request;
    expect(client.events).toContainEqual({ event: "sociomile.secret_echoed", operation });
    expect(JSON.stringify(client.events)).not.toContain(secret);
  });
});

describe("connections", () => {
  const OTHER = http(200, { ...CREATED, data: { ...CREATED.data, ticketId: "somebody-elses" } });
  test.each<[string, TicketRequest, string, TicketRequest, string]>([
    ["an update", STATUS, http(200, UPDATED_AS_PRINTED), HELPDESK, http(200)],
    ["a refusal", HELPDESK, http(400, REFUSED), HELPDESK, http(200)],
    ["a request that was throttled", HELPDESK, http(429, {}), HELPDESK, http(200)],
    ["an answer that is not understood", HELPDESK, http(200, "<html>"), HELPDESK, http(200)],
    ["two answers, of which the second is another's", HELPDESK, http(200) + OTHER, HELPDESK, http(200)],
    ["another request, by an update", HELPDESK, http(200), STATUS, http(200, UPDATED_AS_PRINTED)],
  ])("MUST NOT be used again after %s: the next may be another's", async (_, first, answer, second, its) => {
    await using desk = await openDesk(answering(answer, its), { calls: oneCall() });

    await desk.send(first);
    const id = second === STATUS ? STATUS.details.ticketId : CREATED.data.ticketId;
    expect(await desk.send(second)).toMatchObject({ outcome: "accepted", ticket: { id } });
    expect(desk.connections()).toBe(2);
  });

  test("MUST be closed after 100 tickets, so that the ids kept of them are bounded", async () => {
    const ids = Array.from({ length: 101 }, (_, nth) => `ticket-${nth}`);
    const tickets = ids.map((ticketId) => http(200, { success: true, data: { ticketId } }));
    await using desk = await openDesk(answering(...tickets));

    for (let call = 0; call < 101; call++) expect(await desk.send()).toMatchObject({ outcome: "accepted" });

    expect(desk.connections()).toBe(2);
  });

  test("MUST make a doubt of an answer that tells the ticket of an earlier one, also when the ledger does not know it yet", async () => {
    await using desk = await openDesk(answering(http(200)));

    const outcomes = [await desk.send(), await desk.send(), await desk.send()];

    expect(outcomes).toEqual([ACCEPTED, unknown("TICKET_ID_REPEATED"), ACCEPTED]);
    expect(desk.connections()).toBe(2);
    const [ticketId, submissionId] = [CREATED.data.ticketId, "a-submission"];
    expect(desk.events).toEqual([{ event: "sociomile.ticket_id_repeated", submissionId, ticketId }]);
  });

  test("MUST NOT be used by a create when another answer has arrived on them since their last one", async () => {
    const sockets: Socket[] = [];
    const onRequest = (socket: Socket, nth: number) => sockets.push(socket) && socket.write(ofNth(http(200), nth));
    await using desk = await openDesk({ onRequest });
    await desk.send();

    sockets[0]!.write(OTHER); // nobody has asked for it, and it has not been read when the next request comes
    expect(await desk.send()).toEqual(acceptedAs(2));
    expect(desk.received).toHaveLength(2);
    expect(sockets[1]).not.toBe(sockets[0]);
  });

  const SHORT = { keepAliveMs: 100 };
  const LONG_LIVED = { connection: "keep-alive", "keep-alive": "timeout=600" };
  testTable<[Behaviour, Partial<SociomileSettings>?]>({
    "the vendor has closed them while idle": [{ onRequest: (socket) => socket.end(http(200)) }],
    "they have been idle for keepAliveMs": [answering(http(200)), SHORT],
    "they were idle so long, whatever Sociomile asks for": [answering(http(200, CREATED, LONG_LIVED)), SHORT],
    "a second answer comes while they are idle": [{ onRequest: answerTwice }],
  })("MUST be closed, and replaced by new ones, when %s", async (_, [behaviour, settings]) => {
    await using desk = await openDesk(behaviour, settings);

    for (let call = 1; call <= 3; call++) {
      expect(await desk.send()).toEqual(ACCEPTED);
      await desk.allClosed(); // by then the client has closed its end too
      expect([desk.received.length, desk.connections()]).toEqual([call, call]);
    }
  });

  test("MUST be new ones after a renewal, and the idle ones MUST be closed", async () => {
    const each = [1, 2, 3].map((nth) => ofNth(http(200), nth));
    await using desk = await openDesk(answering(...each), { calls: oneCall() });
    await desk.send();

    desk.renewConnections();
    await desk.allClosed();

    for (let call = 2; call <= 3; call++) expect(await desk.send()).toEqual(acceptedAs(call));
    expect(desk.received).toHaveLength(3);
    expect(desk.connections()).toBe(2);
  });

  test("MUST be kept for calls under way at a renewal, and MUST NOT be used after them", async () => {
    const arrived = Promise.withResolvers<Socket>();
    await using desk = await openDesk({
      onRequest: (socket, nth) => (nth === 1 ? arrived.resolve(socket) : socket.write(ofNth(http(200), nth))),
    });
    const underWay = desk.send();
    const first = await arrived.promise;
    const firstIsClosed = once(first, "close");

    desk.renewConnections();
    expect(await desk.send()).toEqual(acceptedAs(2));
    expect(desk.connections()).toBe(2);
    first.write(ofNth(http(200), 1));

    expect(await underWay).toEqual(acceptedAs(1));
    await firstIsClosed;
    expect(await desk.send()).toEqual(acceptedAs(3));
    expect(desk.connections()).toBe(2);
  });

  test("MUST finish their calls when the client closes, also those that were replaced", async () => {
    const arrived = Promise.withResolvers<Socket>();
    await using vendor = await startVendor({ onRequest: (socket) => arrived.resolve(socket) });
    const client = openClient(vendor.url);
    const underWay = client.send();
    const socket = await arrived.promise;
    client.renewConnections();
    client.renewConnections();
    let over = false;

    const closed = client[Symbol.asyncDispose]().then(() => (over = true));
    await new Promise(setImmediate);
    expect(over).toBe(false);
    socket.write(http(200));

    expect(await underWay).toEqual(ACCEPTED);
    await closed;
    await vendor.allClosed();
    client.renewConnections(); // a renewal after the close has no effect
    expect(vendor.connections()).toBe(1);
  });
});

const overTls = (port: number) => `https://127.0.0.1:${port}`;

function trickle(socket: Socket): void {
  const bytes = http(200)[Symbol.iterator]();
  const trickling = setInterval(() => socket.write(bytes.next().value ?? ""), 20);
  socket.once("close", () => clearInterval(trickling));
}

/** Makes an acceptance of exactly so many bytes. */
const paddedTo = (bytes: number): string => JSON.stringify(CREATED).padEnd(bytes);

function answerTwice(socket: Socket): void {
  socket.write(http(200));
  setTimeout(() => socket.write(http(200)), 20);
}
