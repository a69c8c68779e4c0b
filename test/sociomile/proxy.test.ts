import { X509Certificate } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NotExecutedReason, UnknownReason } from "../../src/tickets/submission.ts";
import type { SociomileSettings } from "../../src/sociomile/client.ts";
import { proxyAt, createRoute } from "../../src/sociomile/route.ts";
import { CREDENTIALS, type Proxy, type ProxyMood, startProxy } from "../support/proxy.ts";
import { testTable } from "../support/test-table.ts";
import { selfSigned } from "./certificate.ts";
import { ACCEPTED } from "./answers.ts";
import { notExecuted, unknown } from "../support/outcomes.ts";
import {
  type Behaviour,
  type Vendor,
  acceptedAs,
  answering,
  http,
  ofNth,
  oneCall,
  openClient,
  startVendor,
} from "./scripted-vendor.ts";

/** Reserved: no server of another test takes it. */
const NOBODY = "http://127.0.0.1:1";
/** Events for operators. */
const operation = "CREATE_HELPDESK_TICKET";
const TOLD: Partial<Record<NotExecutedReason, object>> = {
  SOCIOMILE_SETTINGS_REFUSED: { event: "sociomile.proxy_refused", operation },
  SOCIOMILE_CERTIFICATE_INVALID: { event: "sociomile.certificate_invalid", operation },
};

const certificate = selfSigned("localhost");
/** Trusted, but for Sociomile and not for its proxy. */
const certificateOfVendor = selfSigned("vendor.test");
const authorities = getCACertificates("default");
beforeAll(() => setDefaultCACertificates([...authorities, certificate.cert, certificateOfVendor.cert]));
afterAll(() => setDefaultCACertificates(authorities));

/** A vendor that accepts every create. */
const EACH_ITS_OWN: Behaviour = { onRequest: (socket, nth) => socket.write(ofNth(http(200), nth)) };

/** A vendor that speaks TLS with a certificate that is trusted here. */
async function startTlsVendor(behaviour: Behaviour = answering(http(200))) {
  const vendor = await startVendor({ certificate, ...behaviour });
  return Object.assign(vendor, { url: `https://localhost:${vendor.port}` });
}

/** A vendor with a certificate that nobody vouches for. */
const STRANGER: Behaviour = { certificate: selfSigned("localhost") };
/** A vendor that does not speak TLS: it never ends a handshake. */
const PLAIN: Behaviour = { certificate: undefined };

/** A vendor that cuts the handshake. */
const CUTTING: Behaviour = { ...PLAIN, onFirstBytes: (socket) => socket.resetAndDestroy() };

const byAddress = ({ port }: Vendor) => `https://127.0.0.1:${port}`;
const NOT_TRUSTED = "SOCIOMILE_CERTIFICATE_INVALID";

/** A request through a proxy of this mood that is not executed, and how often the proxy is asked. */
interface NotExecuted {
  mood?: ProxyMood;
  vendor?: Behaviour;
  to?: (vendor: Vendor) => string;
  through?: (proxy: Proxy) => string;
  limits?: Partial<SociomileSettings>;
  reason?: NotExecutedReason;
  asked?: number;
}

/** The way to the proxy itself. */
const WAYS = { "in the clear": CREDENTIALS, "with TLS": { ...CREDENTIALS, certificate } };

const onEachWay = describe.concurrent.each(Object.entries(WAYS));

onEachWay("through a tunnel of a proxy that is reached %s", (_way, settings) => {
  test("MUST reach a vendor whose name only the proxy finds, tell it nothing of the proxy, and the proxy nothing but the host", async () => {
    await using vendor = await startTlsVendor({ certificate: certificateOfVendor, ...EACH_ITS_OWN });
    await using proxy = await startProxy("well", settings);
    const url = `https://vendor.test:${vendor.port}`; // only the proxy finds this name
    await using desk = openClient(url, { proxyUrl: proxy.url, calls: oneCall() });

    expect([await desk.send(), await desk.send()]).toEqual([acceptedAs(1), acceptedAs(2)]);

    expect(proxy.asked).toEqual([`CONNECT vendor.test:${vendor.port}`]); // one tunnel, which is kept
    expect(vendor.received).toHaveLength(2);
    expect(vendor.received[0]!.raw).toMatch(/^POST \/bank-sulut\/create\?/);
    expect(vendor.received[0]!.raw).not.toMatch(/proxy/i);
  });

  test("MUST tell the end of the vendor's certificate, once there was a connection", async () => {
    await using vendor = await startTlsVendor();
    await using proxy = await startProxy("well", settings);
    for (const proxyUrl of [proxy.url, null]) {
      await using desk = openClient(vendor.url, { proxyUrl });
      expect(desk.certificates()).toEqual([]);

      await desk.send();

      const { validToDate: end } = new X509Certificate(certificate.cert);
      expect(desk.certificates()).toEqual([{ setting: "SOCIOMILE_BASE_URL", position: 1, end }]);
    }
  });

  testTable<NotExecuted>({
    "the proxy refuses the host (403)": { mood: "refuses", reason: "SOCIOMILE_SETTINGS_REFUSED", asked: 1 },
    "the proxy reaches nobody (502)": { mood: "fails", asked: 3 },
    "the proxy cuts the connection before its answer": { mood: "cuts", asked: 3 },
    "the proxy never answers": { mood: "hangs", limits: { connectTimeoutMs: 1000 }, asked: 3 },
    "the proxy refuses the credentials (407), which are not tried again": {
      through: ({ wrongUrl }) => wrongUrl,
      reason: "SOCIOMILE_SETTINGS_REFUSED",
    },
    "the proxy is down": { through: () => NOBODY },
    "the proxy does not reach the vendor": { to: () => "https://localhost:1", asked: 3 },
    "the deadline comes first": { mood: "hangs", limits: { timeoutMs: 200, connectTimeoutMs: 1000 } },
    "the handshake in the tunnel is cut": { vendor: CUTTING },
    "the handshake in the tunnel takes too long": { vendor: PLAIN, limits: { connectTimeoutMs: 300 } },
    "the certificate in the tunnel is a stranger's": { vendor: STRANGER, reason: NOT_TRUSTED },
    "the certificate in the tunnel is for another host": { to: byAddress, reason: NOT_TRUSTED },
  })("MUST be not executed when %s", async (_, row) => {
    const { mood = "well", reason = "SOCIOMILE_UNREACHABLE", limits = {}, asked, ...scene } = row;
    await using vendor = await startTlsVendor({ ...answering(http(200)), ...scene.vendor });
    await using proxy = await startProxy(mood, settings);
    const proxyUrl = scene.through?.(proxy) ?? proxy.url;
    await using desk = openClient(scene.to?.(vendor) ?? vendor.url, { proxyUrl, ...limits });

    expect(await desk.send()).toEqual(notExecuted(reason));

    expect(proxy.asked).toHaveLength(asked ?? proxy.asked.length);
    expect(vendor.received).toEqual([]);
    if (!scene.vendor || scene.vendor.certificate) expect(vendor.bytes()).toBe(0); // others get the beginning of a handshake
    expect(desk.events).toEqual(reason === "SOCIOMILE_UNREACHABLE" ? [] : [TOLD[reason]]);
  });

  test.each<[string, UnknownReason, (proxy: Proxy) => void]>([
    ["the proxy cuts after the request was sent", "CONNECTION_LOST", (proxy) => proxy.cut()],
    ["no answer comes through the tunnel in time", "ANSWER_TIMED_OUT", () => {}],
  ])("MUST be in doubt, and MUST NOT be repeated, when %s", async (_, reason, onRequest) => {
    await using proxy = await startProxy("well", settings);
    await using vendor = await startTlsVendor({ onRequest: () => onRequest(proxy) });
    await using desk = openClient(vendor.url, { proxyUrl: proxy.url, timeoutMs: 2500 });

    expect(await desk.send()).toEqual(unknown(reason));
    expect(vendor.received).toHaveLength(1);
    expect(proxy.asked).toHaveLength(1);
    await vendor.allClosed();
  });
});

test("A Sociomile of this machine MUST be reached by plain http without the proxy, under the base URL's own path", async () => {
  await using vendor = await startVendor(answering(http(200)));
  await using proxy = await startProxy();
  await using desk = openClient(`${vendor.url}/gateway/v1/`, { proxyUrl: proxy.url });

  expect(await desk.send()).toEqual(ACCEPTED);

  const { target, headers } = vendor.received[0]!;
  expect(target).toMatch(/^\/gateway\/v1\/bank-sulut\/create\?client_secret_key=/);
  expect(headers).not.toHaveProperty("proxy-authorization");
  expect(proxy.asked).toEqual([]);
});

test.each([
  ["that nobody vouches for", selfSigned("localhost")],
  ["of another host, be it Sociomile's", certificateOfVendor],
])("A proxy MUST get neither credentials nor a request when it has a certificate %s", async (_, wrong) => {
  await using proxy = await startProxy("well", { ...CREDENTIALS, certificate: wrong });
  await using desk = openClient("https://vendor.test", { proxyUrl: proxy.url });

  expect(await desk.send()).toEqual(notExecuted("SOCIOMILE_CERTIFICATE_INVALID"));
  expect(proxy.asked).toEqual([]);
});

describe.concurrent("the probe", () => {
  test.each<[string, ProxyMood, string | null, way?: object, vendor?: Behaviour]>([
    ["opens the tunnel", "well", null],
    ["opens it with TLS", "well", null, WAYS["with TLS"]],
    ["refuses it", "refuses", "PROXY_403"],
    ["fails", "fails", "PROXY_502"],
    ["cuts", "cuts", "ECONNRESET"],
    ["hangs", "hangs", "ABORT_ERR"],
    ["leads to a stranger", "well", "DEPTH_ZERO_SELF_SIGNED_CERT", {}, STRANGER],
  ])("MUST go by the proxy, and send the vendor nothing: it %s", async (_, mood, found, way, behaviour) => {
    await using vendor = await startTlsVendor(behaviour);
    await using proxy = await startProxy(mood, { ...CREDENTIALS, ...way });

    const connectTimeoutMs = mood === "hangs" ? 1000 : 10_000;
    const route = createRoute({ baseUrl: vendor.url, proxyUrl: proxy.url, connectTimeoutMs });
    const error: NodeJS.ErrnoException | null = await route.tryToConnect();
    expect(error && (error.code ?? error.constructor.name)).toBe(found);
    expect(proxy.asked).toEqual([`CONNECT localhost:${vendor.port}`]);
    expect(vendor.bytes()).toBe(0);
  });

  test("MUST report in time that a vendor without a proxy does not finish the handshake", async () => {
    await using vendor = await startTlsVendor(PLAIN);

    const since = performance.now();
    const route = createRoute({ baseUrl: vendor.url, proxyUrl: null, connectTimeoutMs: 100 });
    expect(await route.tryToConnect()).toMatchObject({ code: "UND_ERR_CONNECT_TIMEOUT" });
    expect(performance.now() - since).toBeLessThan(5000);
  });
});

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

test("The address of a proxy MUST be read with its credentials apart", () => {
  expect(proxyAt("http://127.0.0.1:3128")).toEqual({ origin: "http://127.0.0.1:3128", headers: {} });
  expect(proxyAt("https://b%C3%A9a:p%40ss%3A@proxy.bank/")).toEqual({
    origin: "https://proxy.bank",
    headers: { "proxy-authorization": basic("béa:p@ss:") },
  });
  expect(proxyAt("http://user@proxy.bank:8080").headers).toEqual({ "proxy-authorization": basic("user:") });
});
