import { once } from "node:events";
import type { Socket } from "node:net";
import { Pool } from "undici";
import { describe, expect, test, vi } from "vitest";
import { MAX_ANSWER_BYTES, post } from "../../src/sociomile/exchange.ts";
import { CREATED, REFUSED, UPDATED_AS_PRINTED } from "./answers.ts";
import { selfSigned } from "./certificate.ts";
import { ACCEPTED, notExecuted, unknown } from "./outcomes.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { HELPDESK, STATUS, VOICE } from "./requests.ts";
import { type Behaviour, answering, SECRET, http, openClient, startVendor } from "./scripted-vendor.ts";

const limits = (deadlineMs: number) => ({ deadlineMs, startBy: performance.now() + 60_000 });

const withTitle = (Subject: string) => http(200, { success: true, ticket: { data: { Subject } } });

describe("a request to the vendor", () => {
  test("MUST be the request of the contract, without any other data", async () => {
    await using vendor = await startVendor(answering(http(200)));
    await using client = openClient(vendor.url, { clientSecretKey: () => "key-of-the-tests" });

    expect(await client.send()).toEqual(ACCEPTED);

    const [received] = vendor.received;
    expect(received?.raw.replace(/:\d+/, ":PORT")).toMatchInlineSnapshot(`
      "POST /bank-sulut/create?client_secret_key=key-of-the-tests HTTP/1.1
      host: 127.0.0.1:PORT
      connection: keep-alive
      content-type: application/json
      accept: application/json
      content-length: 587

      {"ticketType":"helpdesk","namaNasabah":"Alex","content":"haloo \\n selamat anda telah","email":"helpdesk@gmail.com","connectID":"permata@sample.com","mediaTransaksi":"61c1a67a55ad7fa60195bc03","jenisTransaksi":"PEMBELIAN","nominal":200000,"nomorRekening":12356788,"nomorKartu":1920384458201205,"transactionId":"LED-001","claimReason":"Barang Tidak sesuai","claimDate":"2025-10-23 16:54:08","branchCode":"001","branchName":"Cabang Utama","atmName":"MOBIL KELILING CAB UTAMA","atmId":"0126","description":"halo Tolong di bantu","nomorTicketHelpdesk":826282,"noRegPengaduanCabang":101892087}"
    `);
    expect(vendor.received).toHaveLength(1);
  });

  test("MUST go to the endpoint of its operation, under the base URL's own path", async () => {
    await using vendor = await startVendor(answering(http(200)));
    await using client = openClient(`${vendor.url}/gateway/v1/`, { clientSecretKey: () => "key" });

    for (const request of [HELPDESK, VOICE, STATUS]) await client.send(request);

    expect(vendor.received.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "POST /gateway/v1/bank-sulut/create?client_secret_key=key",
      "POST /gateway/v1/bank-sulut/create?client_secret_key=key",
      "POST /gateway/v1/bank-sulut/update-status?client_secret_key=key",
    ]);
  });

  test("MUST hold the secret once, quoted, in the query string and nowhere else", async () => {
    await using vendor = await startVendor(answering(http(200)));
    await using client = openClient(vendor.url);

    await client.send();

    const { target, raw } = vendor.received[0]!;
    expect(new URL(target, vendor.url).searchParams.getAll("client_secret_key")).toEqual([SECRET]);
    expect(raw.split(encodeURIComponent(SECRET))).toHaveLength(2);
    expect(raw.replace(target, "")).not.toContain("key+of");
  });

  test("MUST hold the current secret", async () => {
    await using vendor = await startVendor(answering(http(200)));
    let secret = "the-old-one";
    await using client = openClient(vendor.url, { clientSecretKey: () => secret });

    await client.send();
    secret = "the-new-one";
    await client.send();

    const sent = vendor.received.map(({ target }) => target.split("=").at(-1));
    expect(sent).toEqual(["the-old-one", "the-new-one"]);
  });

  test("MUST be text in UTF-8, byte for byte", async () => {
    await using vendor = await startVendor(answering(http(200)));
    await using client = openClient(vendor.url);
    const content = 'Ibu “Ána” 🏧 \u0000 \u2028 </script> \\ "';

    await client.send({ ...HELPDESK, details: { ...HELPDESK.details, content } });

    const { body, headers } = vendor.received[0]!;
    expect((JSON.parse(body) as { content: string }).content).toBe(content);
    expect(headers["content-length"]).toBe(String(Buffer.byteLength(body)));
  });
});

describe.concurrent("a request that never left", () => {
  test.each([
    ["the port refuses", "http://127.0.0.1:1"], // reserved: no server of another test uses it
    ["the host has no address", "http://does-not-exist.invalid"],
  ])("MUST be not executed when %s", async (_, url) => {
    await using client = openClient(url);

    expect(await client.send()).toEqual(notExecuted("SOCIOMILE_UNREACHABLE"));
  });

  test("MUST be not executed when the certificate is not trusted, and MUST NOT reveal the secret", async () => {
    await using vendor = await startVendor({ certificate: selfSigned(), ...answering(http(200)) });
    await using client = openClient(vendor.url);

    expect(await client.send()).toEqual(notExecuted("SOCIOMILE_CERTIFICATE_INVALID"));
    expect(vendor.bytes()).toBe(0);
  });

  test("MUST be reported to operators again and again while a bad certificate keeps the breaker open", async () => {
    await using vendor = await startVendor({ certificate: selfSigned(), ...answering(http(200)) });
    await using client = openClient(vendor.url);
    for (let i = 0; i < 20; i++) await client.send();
    expect(await client.send()).toMatchObject({ reason: "CIRCUIT_OPEN" });

    const reported = { event: "sociomile.certificate_invalid", operation: "PROBE" };
    await vi.waitFor(() => expect(client.events).toContainEqual(reported), { timeout: 30_000 });
    expect(await client.send()).toMatchObject({ reason: "CIRCUIT_OPEN" });
    expect(vendor.bytes()).toBe(0);
  });

  test("MUST be not executed when the breaker opens while it waits for its turn", async () => {
    await using vendor = await startVendor({ onRequest: (socket) => socket.resetAndDestroy() });
    await using client = openClient(vendor.url);

    const outcomes = await Promise.all(Array.from({ length: 100 }, () => client.send()));

    expect(outcomes.filter(({ outcome }) => outcome === "notExecuted")).not.toEqual([]);
    expect(vendor.received.length).toBeLessThan(30); // 20 open it, and 8 are under way
  });

  test("MUST be not executed when the handshake is cut", async () => {
    await using vendor = await startVendor({ onFirstBytes: (socket) => socket.resetAndDestroy() });
    await using client = openClient(`https://127.0.0.1:${vendor.port}`);

    expect(await client.send()).toEqual(notExecuted("SOCIOMILE_UNREACHABLE"));
    expect(vendor.received).toEqual([]);
    expect(vendor.connections()).toBe(3); // tried again, because nothing had left
  });

  test.each([
    ["the handshake takes longer than the limit for a connection", { connectTimeoutMs: 200 }],
    ["the deadline comes during the handshake", { timeoutMs: 200, connectTimeoutMs: 1000 }],
  ])("MUST be not executed when %s", async (_, settings) => {
    await using vendor = await startVendor();
    await using client = openClient(`https://127.0.0.1:${vendor.port}`, settings);

    expect(await client.send()).toEqual(notExecuted("SOCIOMILE_UNREACHABLE"));
    expect(vendor.received).toEqual([]);
  });

  test("MUST NOT be sent after its deadline, when it was waiting for a connection", async () => {
    const first = Promise.withResolvers<() => void>();
    await using vendor = await startVendor({
      onRequest: (socket) => first.resolve(() => socket.write(http(200))),
    });
    const pool = new Pool(vendor.url, { connections: 1 });
    const patient = post(pool, { path: "/first", body: "{}" }, limits(15_000));
    const answerFirst = await first.promise;

    const impatient = await post(pool, { path: "/second", body: "{}" }, limits(50));
    expect(impatient).toEqual({ ended: "failed", started: false, cause: "deadline" });

    answerFirst(); // this frees the connection
    expect(await patient).toMatchObject({ ended: "answered", answer: { status: 200 } });
    await pool.close(); // waits for all accepted requests
    expect(vendor.received.map(({ target }) => target)).toEqual(["/first"]);
  });
});

describe.concurrent("a request that was begun", () => {
  test("MUST be in doubt when the connection is reset before the request has arrived", async () => {
    await using vendor = await startVendor({ onFirstBytes: (socket) => socket.resetAndDestroy() });
    await using client = openClient(vendor.url);
    const content = "x".repeat(8 * 1024 * 1024); // larger than every buffer on the way

    const request = { ...HELPDESK, details: { ...HELPDESK.details, content } };
    expect(await client.send(request)).toEqual(unknown("CONNECTION_LOST"));
    expect(vendor.received).toEqual([]);
    expect(vendor.bytes()).toBeGreaterThan(0);
    expect(vendor.connections()).toBe(1);
  });

  test.each<[string, Behaviour]>([
    ["no answer comes", {}],
    ["the answer does not end", answering(http(200).slice(0, -1))],
    ["the answer trickles in beyond the deadline, a byte at a time", { onRequest: trickle }],
  ])("MUST be in doubt when %s in time", async (_, behaviour) => {
    await using vendor = await startVendor(behaviour);
    await using client = openClient(vendor.url, { timeoutMs: 2500 });

    expect(await client.send()).toEqual(unknown("ANSWER_TIMED_OUT"));
    expect(vendor.received).toHaveLength(1);
    await vendor.allClosed();
  });

  const EARLY_HINTS = "HTTP/1.1 103 Early Hints\r\nretry-after: 1\r\n\r\n";
  const HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{";
  const HALF_A_CHUNK = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{";
  test.each<[string, Behaviour]>([
    ["the connection is reset after it has arrived", { onRequest: (socket) => socket.resetAndDestroy() }],
    ["the connection is closed without an answer", { onRequest: (socket) => socket.end() }],
    ["the answer is cut short", { onRequest: (socket) => socket.end(http(200).slice(0, -1)) }],
    ["the answer is cut short between chunks", { onRequest: (socket) => socket.end(HALF_A_CHUNK) }],
    ["the answer ends in its head", { onRequest: (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-") }],
    ["the connection is reset after the answer's head", { onRequest: resetBehind(HEAD) }],
    ["only the connection's other use is offered", answering("HTTP/1.1 101 Switching Protocols\r\n\r\n")],
    ["it is asked for its body, which it has got", answering(`HTTP/1.1 100 Continue\r\n\r\n${http(200)}`)],
    ["it is promised an answer, and none follows", { onRequest: (socket) => socket.end(EARLY_HINTS) }],
    ["the answer has two lengths", answering(http(200, CREATED, { "Content-Length": "1" }))],
    ["the answer has a length and chunks", answering(http(200, CREATED, { "transfer-encoding": "chunked" }))],
    ["the answer is no HTTP", { onRequest: (socket) => socket.end("220 mail.example ESMTP\r\n") }],
    ["the answer's head has no end", answering(http(200, "", { x: "y".repeat(100_000) }))],
  ])("MUST be in doubt, and MUST NOT be repeated, when %s", async (_, behaviour) => {
    await using vendor = await startVendor(behaviour);
    await using client = openClient(vendor.url);

    expect(await client.send()).toEqual(unknown("CONNECTION_LOST"));
    expect(vendor.received).toHaveLength(1);
    expect(vendor.connections()).toBe(1);
  });

  test("MUST be not executed only when the vendor has received no byte of it", async () => {
    // The machine decides whether the reset or the request is first. Both are correct, and each has its own outcome.
    await using vendor = await startVendor({ onConnection: (socket) => socket.resetAndDestroy() });
    await using client = openClient(vendor.url);

    const answer = await client.send();

    expect([notExecuted("SOCIOMILE_UNREACHABLE"), unknown("CONNECTION_LOST")]).toContainEqual(answer);
    expect(vendor.received).toEqual([]);
  });
});

describe("an answer", () => {
  test("MUST be read up to 256 KiB", async () => {
    await using vendor = await startVendor(answering(http(200, paddedTo(MAX_ANSWER_BYTES))));
    await using client = openClient(vendor.url);

    expect(MAX_ANSWER_BYTES).toBe(256 * 1024);
    expect(await client.send()).toEqual(ACCEPTED);
  });

  test.each([
    ["with its length", http(200, paddedTo(MAX_ANSWER_BYTES + 1))],
    ["without an end", `HTTP/1.1 200 OK\r\n\r\n${paddedTo(MAX_ANSWER_BYTES + 1)}`],
    ["in pieces", `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${"1\r\n \r\n".repeat(9000)}`],
  ])("MUST leave a doubt when it is larger, %s, and MUST NOT affect the next call", async (_, large) => {
    await using vendor = await startVendor(answering(large, http(200)));
    await using client = openClient(vendor.url);

    expect(await client.send()).toEqual(unknown("ANSWER_NOT_UNDERSTOOD"));
    expect(await client.send()).toEqual(ACCEPTED);
    expect(vendor.received).toHaveLength(2);
  });

  test.each([301, 302, 303, 307, 308])("MUST NOT be followed elsewhere: HTTP %i", async (status) => {
    await using elsewhere = await startVendor(answering(http(200)));
    const location = `${elsewhere.url}/trap`;
    await using vendor = await startVendor(answering(http(status, "", { location })));
    await using client = openClient(vendor.url);

    expect(await client.send()).toEqual(unknown("ANSWER_NOT_UNDERSTOOD"));
    expect(vendor.received).toHaveLength(1);
    expect(elsewhere.connections()).toBe(0);
  });

  test.each(["text/html; charset=iso-8859-1", "application/octet-stream", ""])(
    "MUST be read whatever its content type is: %j",
    async (contentType) => {
      await using vendor = await startVendor(answering(http(200, CREATED, { "content-type": contentType })));
      await using client = openClient(vendor.url);

      expect(await client.send()).toEqual(ACCEPTED);
    },
  );

  test("MUST be the final one when interim answers come before it", async () => {
    const interim = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    await using vendor = await startVendor(answering(interim + http(200)));
    await using client = openClient(vendor.url);

    expect(await client.send()).toEqual(ACCEPTED);
    expect(vendor.received).toHaveLength(1);
  });

  test("MUST be read with its Retry-After", async () => {
    await using vendor = await startVendor(answering(http(429, "", { "Retry-After": "70" })));
    await using client = openClient(vendor.url);

    expect(await client.send()).toEqual({ ...notExecuted("SOCIOMILE_THROTTLED"), retryAfterSeconds: 70 });
    expect(vendor.received).toHaveLength(1); // another answer would arrive after the deadline
  });

  test("MUST be requested once more, and only once, after a Retry-After that fits the deadline", async () => {
    await using vendor = await startVendor(answering(http(429, "", { "Retry-After": "1" })));
    await using client = openClient(vendor.url, { timeoutMs: 5000 });

    expect(await client.send()).toMatchObject({ outcome: "notExecuted", reason: "SOCIOMILE_THROTTLED" });
    expect(vendor.received).toHaveLength(2);
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
    await using vendor = await startVendor(answering(answer));
    const inForce = [secret]; // it is rotated while the request is under way
    const clientSecretKey = () => inForce.shift() ?? "a-newer-secret";
    await using client = openClient(vendor.url, { clientSecretKey });

    const outcome = await client.send(request);

    expect(outcome).toEqual(unknown("ANSWER_NOT_UNDERSTOOD"));
    const { operation } = request;
    expect(client.events).toContainEqual({ event: "sociomile.secret_echoed", operation });
    expect(JSON.stringify(client.events)).not.toContain(secret);
  });
});

describe("connections", () => {
  test("MUST be used again", async () => {
    await using vendor = await startVendor(answering(http(200)));
    await using client = openClient(vendor.url, { maxConcurrent: 1 });

    for (let call = 0; call < 3; call++) expect(await client.send()).toEqual(ACCEPTED);

    expect(vendor.received).toHaveLength(3);
    expect(vendor.connections()).toBe(1);
  });

  test.each([
    ["an update", STATUS, http(200, UPDATED_AS_PRINTED)],
    ["a refusal", HELPDESK, http(400, { status: false, message: "NamaNasabah required" })],
    ["a request that was throttled", HELPDESK, http(429, {})],
    ["an answer that is not understood", HELPDESK, http(200, "<html>")],
  ])("MUST NOT be used again after %s: the next answer may be another's", async (_, request, answer) => {
    await using vendor = await startVendor(answering(answer, http(200)));
    await using client = openClient(vendor.url, { maxConcurrent: 1 });

    await client.send(request);
    expect(await client.send()).toEqual(ACCEPTED);

    expect(vendor.connections()).toBe(2);
  });

  test("MUST NOT carry an update after another request", async () => {
    await using vendor = await startVendor(answering(http(200), http(200, UPDATED_AS_PRINTED)));
    await using client = openClient(vendor.url, { maxConcurrent: 1 });
    await client.send();

    expect(await client.send(STATUS)).toMatchObject({ outcome: "accepted" });

    expect(vendor.connections()).toBe(2);
  });

  test("MUST be closed after 100 tickets, so that the ids kept of them are bounded", async () => {
    await using vendor = await startVendor({
      onRequest: (socket, nth) =>
        socket.write(http(200, { success: true, data: { ticketId: `ticket-${nth}` } })),
    });
    await using client = openClient(vendor.url, { repeatedTicketIds: "doubt" });

    for (let call = 0; call < 101; call++) expect(await client.send()).toMatchObject({ outcome: "accepted" });

    expect(vendor.connections()).toBe(2);
  });

  test("MUST make a doubt of an answer that tells the ticket of an earlier one, also when the ledger does not know it yet", async () => {
    await using vendor = await startVendor(answering(http(200)));
    await using client = openClient(vendor.url, { repeatedTicketIds: "doubt" });

    const outcomes = [await client.send(), await client.send(), await client.send()];

    expect(outcomes).toEqual([ACCEPTED, unknown("TICKET_ID_REPEATED"), ACCEPTED]);
    expect(vendor.connections()).toBe(2);
    const [ticketId, submissionId] = [CREATED.data.ticketId, "a-submission"];
    expect(client.events).toEqual([{ event: "sociomile.ticket_id_repeated", submissionId, ticketId }]);
  });

  test("MUST be replaced when the vendor has closed them while idle", async () => {
    await using vendor = await startVendor({ onRequest: (socket) => socket.end(http(200)) });
    await using client = openClient(vendor.url);

    for (let call = 0; call < 3; call++) {
      expect(await client.send()).toEqual(ACCEPTED);
      await vendor.allClosed(); // by then the client has closed its end too
    }

    expect(vendor.received).toHaveLength(3);
    expect(vendor.connections()).toBe(3);
  });

  test.each([
    ["", {}],
    [", whatever the vendor asks for", { connection: "keep-alive", "keep-alive": "timeout=600" }],
  ])("MUST be closed when they have been idle for keepAliveMs%s", async (_, headers) => {
    await using vendor = await startVendor(answering(http(200, CREATED, headers)));
    await using client = openClient(vendor.url, { keepAliveMs: 100 });

    await client.send();
    await vendor.allClosed();

    expect(await client.send()).toEqual(ACCEPTED);
    expect(vendor.connections()).toBe(2);
  });

  test("MUST NOT be more than maxConcurrent", async () => {
    await using vendor = await startVendor({
      onRequest: (socket) => setImmediate(() => socket.write(http(200))),
    });
    await using client = openClient(vendor.url, { maxConcurrent: 2 });

    const answers = await Promise.all(Array.from({ length: 3 }, () => client.send()));

    expect(answers).toEqual(Array.from({ length: 3 }, () => ACCEPTED));
    expect(vendor.received).toHaveLength(3);
    expect(vendor.connections()).toBeLessThanOrEqual(2);
  });

  test("MUST be new ones after a renewal, and the idle ones MUST be closed", async () => {
    await using vendor = await startVendor(answering(http(200)));
    await using client = openClient(vendor.url, { maxConcurrent: 1 });
    await client.send();

    client.renewConnections();
    await vendor.allClosed();

    for (let call = 0; call < 2; call++) expect(await client.send()).toEqual(ACCEPTED);
    expect(vendor.received).toHaveLength(3);
    expect(vendor.connections()).toBe(2);
  });

  test("MUST be kept for calls under way at a renewal, and MUST NOT be used after them", async () => {
    const arrived = Promise.withResolvers<Socket>();
    await using vendor = await startVendor({
      onRequest: (socket, nth) => (nth === 1 ? arrived.resolve(socket) : socket.write(http(200))),
    });
    await using client = openClient(vendor.url, { maxConcurrent: 2 });
    const underWay = client.send();
    const first = await arrived.promise;
    const firstIsClosed = once(first, "close");

    client.renewConnections();
    expect(await client.send()).toEqual(ACCEPTED);
    expect(vendor.connections()).toBe(2);
    first.write(http(200));

    expect(await underWay).toEqual(ACCEPTED);
    await firstIsClosed;
    expect(await client.send()).toEqual(ACCEPTED);
    expect(vendor.connections()).toBe(2);
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

  test("MUST NOT be used again after a second answer, which would be read as the next request's", async () => {
    const other = { ...CREATED, data: { ...CREATED.data, ticketId: "somebody-elses" } };
    await using vendor = await startVendor(answering(http(200) + http(200, other), http(200)));
    await using client = openClient(vendor.url, { maxConcurrent: 1 });

    expect(await client.send()).toEqual(ACCEPTED);
    expect(await client.send()).toEqual(ACCEPTED);

    expect(vendor.connections()).toBe(2);
  });

  test("MUST NOT be used again when a second answer comes while they are idle", async () => {
    await using vendor = await startVendor({
      onRequest(socket, nth) {
        socket.write(http(200));
        if (nth === 1) setTimeout(() => socket.write(http(200)), 20);
      },
    });
    await using client = openClient(vendor.url, { maxConcurrent: 1 });

    expect(await client.send()).toEqual(ACCEPTED);
    await vendor.allClosed();
    expect(await client.send()).toEqual(ACCEPTED);

    expect(vendor.connections()).toBe(2);
  });
});

/** Writes something, and then resets the connection. */
const resetBehind = (text: string) => (socket: Socket) => socket.write(text, () => socket.resetAndDestroy());

function trickle(socket: Socket): void {
  const bytes = http(200)[Symbol.iterator]();
  const trickling = setInterval(() => socket.write(bytes.next().value ?? ""), 20);
  socket.once("close", () => clearInterval(trickling));
}

/** Makes an acceptance of exactly so many bytes. */
function paddedTo(bytes: number): string {
  const text = JSON.stringify(CREATED);
  return text + " ".repeat(bytes - text.length);
}
