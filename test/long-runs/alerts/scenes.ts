import { setTimeout as sleep } from "node:timers/promises";
import type { Mood } from "../../../sandbox/server.ts";
import { selfSigned } from "../../sociomile/certificate.ts";
import { answering, http, startVendor } from "../../sociomile/scripted-vendor.ts";
import { startBuild } from "../../support/build.ts";
import { freePort } from "../../support/free-port.ts";
import { credentials, down, startIssuer } from "../../support/issuer.ts";
import { placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { handIn } from "../../support/queued.ts";
import { startProxy } from "../../support/proxy.ts";
import { type Scene, type Settings, createFor } from "./scene.ts";

/** Causes an alert, and returns what mends it, unless the alert ends by itself. */
type Cause = (scene: Scene) => Promise<(() => unknown) | undefined>;

const NEW_KEY = Buffer.alloc(32, "another ledger key").toString("base64");

/** Causes of every alert that one machine can cause, by its name, with further words for a second cause. SociomileInternalError would need a fault of the service. */
export const CAUSES: Readonly<Record<string, Cause>> = {
  SociomileDown: async (scene) => {
    const replica = await scene.start();
    await replica.kill();
    return () => scene.start();
  },

  SociomileReplicaMissing: async (scene) => {
    await scene.start();
    return () => scene.start();
  },

  SociomileRestarting: async (scene) => {
    const port = { PORT: String(await freePort()), MANAGEMENT_PORT: String(await freePort()) };
    for (let nth = 0; nth < 4; nth++) {
      const replica = await scene.start(port);
      if (nth < 3) await replica.kill();
    }
  },

  SociomileRouterRefused: async (scene) => {
    const { client } = await scene.start();
    return scene.again(() => client.post("{}", { "router-authorization": "the-wrong-secret" }));
  },

  SociomileCallersRefused: async (scene) => {
    const { client } = await scene.start();
    const query = JSON.stringify({ query: '{ ticket(id: "1") { id } }' });
    return scene.again(() => client.post(query, { "x-scopes": "ticket:create" }));
  },

  SociomileDoubtOld: async (scene) => {
    const { client } = await scene.start({}, "cut-after", { times: 1 });
    await createFor(client);
    return async () => {
      const found = ["--created", scene.sandbox.tickets.at(-1)!.id, "--note", "case 1", "--by", "Rina"];
      await scene.operator("resolve", await scene.oldest("UNCERTAIN"), ...found);
    };
  },

  SociomileDoubtsMany: async (scene) => {
    const { client } = await scene.start({}, "cut-after", { times: 6 });
    await createFor(client, 6);
  },

  "SociomileRestarting under new names": async (scene) => {
    for (let nth = 0; nth < 5; nth++) await (await scene.start()).kill();
    await scene.start();
  },

  SociomileReleaseStuck: async (scene) => {
    await scene.start();
    const port = String(await freePort());
    scene.expectAt(`127.0.0.1:${port}`);
    await using refused = startBuild(scene.settings({ MANAGEMENT_PORT: port, LEDGER_KEY: NEW_KEY }));
    await refused.ended; // it lacks the key of the ledger
    return () => scene.start({ MANAGEMENT_PORT: port });
  },

  SociomileNoTraffic: async (scene) => {
    const { client } = await scene.start();
    const stop = scene.again(() => createFor(client, 5));
    await sleep(20_000);
    stop();
    return () => scene.again(() => createFor(client));
  },

  SociomileInputInvalid: async (scene) => {
    const { client } = await scene.start();
    const stop = scene.again(() => createFor(client, 1, { helpdeskTicketNumber: "none" }));
    return () => (stop(), scene.again(() => createFor(client)));
  },

  SociomileSlow: async (scene) => {
    const { client } = await scene.start({ SOCIOMILE_TIMEOUT_MS: "10000" }, "slow", { delayMs: 5000 });
    scene.again(() => createFor(client));
    return () => scene.sandbox.setMood("well");
  },

  SociomileThrottled: async (scene) => {
    await opening({}, "throttle")(scene);
    return () => scene.sandbox.setMood("well");
  },

  SociomileRejecting: opening({}, "refuse"),

  // More than one place can take.
  SociomileUnavailable: async (scene) => {
    const settings = { SOCIOMILE_MAX_CONCURRENT: "1", SOCIOMILE_TIMEOUT_MS: "8000" };
    const { client } = await scene.start(settings, "slow", { delayMs: 500 });
    const stop = scene.again(() => createFor(client, 5));
    return () => (stop(), scene.sandbox.setMood("well"), scene.again(() => createFor(client)));
  },

  SociomileBreakerOpen: async (scene) => {
    const { client } = await scene.start({}, "hang-before");
    const stop = scene.again(() => createFor(client, 10));
    return () => (stop(), scene.sandbox.setMood("well"), scene.again(() => createFor(client)));
  },

  SociomileDeliveryOld: async (scene) => {
    const { client } = await scene.start({}, "throttle");
    await handIn(client);
    return async () => {
      scene.sandbox.setMood("well");
      await scene.operator("retry", await scene.oldest("QUEUED"), "--by", "Rina");
    };
  },

  "SociomileDeliveryOld for a person": async (scene) => {
    const { client } = await scene.start({}, "unauthorized");
    await handIn(client);
    return async () => {
      scene.sandbox.setMood("well");
      await scene.operator("retry", "--all-queued", "--by", "Rina");
    };
  },

  SociomileDeliveryExpired: async (scene) => {
    const { client } = await scene.start({}, "throttle");
    await handIn(client);
    const sql = await scene.openSql();
    const [{ request } = {}] = await sql.run("SELECT request FROM submissions");
    (request as Uint8Array)[20]! ^= 1; // a damaged disk
    await sql.run("UPDATE submissions SET request = ?", request!);
  },

  SociomileQueueFull: async (scene) => {
    const { client } = await scene.start({ DELIVERY_MAX_QUEUED: "10" }, "throttle");
    for (let nth = 0; nth < 5; nth++) await handIn(client);
    return () => scene.sandbox.setMood("well");
  },

  SociomileLedgerRefusing: async (scene) => {
    const postgres = scene.use(await startPostgres());
    scene.ledgerUrl = (await placeFor("PostgreSQL", postgres.url)).url;
    const { client } = await scene.start();
    await createFor(client);
    await postgres.halt("stop");
    scene.again(() => createFor(client));
    return () => postgres.resume();
  },

  SociomileUpkeepFailing: async (scene) => {
    await scene.start();
    const sql = await scene.openSql();
    await sql.run("ALTER TABLE actions RENAME TO out_of_reach");
    await scene.start(); // retention begins with a sweep, and makes a pause after one that succeeds
    return () => sql.run("ALTER TABLE out_of_reach RENAME TO actions");
  },

  "SociomileUpkeepFailing because retention waits": async (scene) => {
    const { client } = await scene.start();
    await createFor(client);
    const sql = await scene.openSql();
    await sql.run("UPDATE tickets SET observed_at = 1");
    await sql.run("UPDATE submissions SET settled_at = 1, id = cast(x'00' || substr(id, 2) AS blob)");
    await scene.start();
    return () => scene.operator("retention", "--until", "2000-01-01", "--yes");
  },

  SociomileOutcomeNotRecorded: async (scene) => {
    const { client } = await scene.start();
    const sql = await scene.openSql();
    scene.sandbox.setMood("slow");
    const answered = createFor(client);
    await sleep(700);
    await sql.run("BEGIN IMMEDIATE");
    await answered;
    await sql.run("ROLLBACK");
  },

  SociomileShedding: opening({ MAX_IN_FLIGHT: "2" }, "slow", 8),

  SociomileCertificateInvalid: async (scene) => {
    const { url } = scene.use(await startVendor({ certificate: selfSigned() }));
    return opening({ SOCIOMILE_BASE_URL: url })(scene);
  },

  SociomileCertificateEnding: async (scene) => {
    const write = (days: number) => {
      const { key, cert } = selfSigned("127.0.0.1", days);
      return { TLS_KEY_FILE: scene.files.write("key.pem", key), TLS_CERT_FILE: scene.files.write("cert.pem", cert) };
    };
    await scene.start(write(1));
    return () => write(400);
  },

  SociomileSettingsRefused: opening({ SOCIOMILE_CLIENT_SECRET_KEY: "the-wrong-secret" }),

  "SociomileSettingsRefused by a proxy": async (scene) => {
    const proxy = scene.use(await startProxy());
    const base = { SOCIOMILE_BASE_URL: "https://sociomile.example" };
    return opening({ ...base, SOCIOMILE_PROXY_URL: proxy.wrongUrl })(scene);
  },

  "SociomileSettingUnusable of a secret": async (scene) => {
    const file = scene.files.write("router-secret", scene.settings()["ROUTER_SECRET"]!);
    const { client } = await scene.start({ ROUTER_SECRET: "", ROUTER_SECRET_FILE: file });
    scene.files.write("router-secret", "");
    scene.again(() => createFor(client));
    return () => scene.files.write("router-secret", scene.settings()["ROUTER_SECRET"]!);
  },

  SociomileSettingUnusable: async (scene) => {
    const replica = await scene.start({ SOCIOMILE_TIMEOUT: "1000" });
    return async () => {
      await replica.kill();
      await scene.start();
    };
  },

  SociomileIssuerUnreachable: withoutKeys,

  // It has keys, and looks for those of a token that it does not know.
  SociomileKeySetFailing: async (scene) => {
    const issuer = scene.use(await startIssuer());
    const { ROUTER_SECRET: _, ...auth } = issuer.auth;
    const { client } = await scene.start({ ...auth, AUTH_ALLOW_HTTP: "yes" });
    issuer.instead = down;
    const headers = credentials(await issuer.token({}, { key: "next" }));
    scene.again(() => client.post("{}", headers));
    return () => (issuer.instead = null);
  },

  SociomileTicketConflict: async (scene) => {
    const { client } = await scene.start({ SOCIOMILE_TIMEOUT_MS: "10000" });
    const sql = await scene.openSql();
    scene.sandbox.setMood("slow", { delayMs: 8000 });
    const answered = createFor(client);
    await sleep(500);
    // As when its replica stops for longer than its lease.
    await sql.run("UPDATE submissions SET state = 'UNCERTAIN', reason = 'OWNER_DIED'");
    const found = ["--created", "690d950c5f287ad0ff3bd9ff", "--note", "1", "--by", "Rina"];
    await scene.operator("resolve", await scene.oldest("UNCERTAIN"), ...found);
    await answered;
  },

  SociomileTicketIdRepeated: async (scene) => {
    const { url } = scene.use(await startVendor(answering(http(200))));
    const { client } = await scene.start({ SOCIOMILE_BASE_URL: url });
    await createFor(client, 2);
  },

  SociomileLedgerLostRows: async (scene) => {
    const { client } = await scene.start({}, "slow");
    const answered = createFor(client);
    await sleep(500);
    await (await scene.openSql()).run("DELETE FROM submissions");
    await answered;
  },
};

/** Makes a cause: somebody opens tickets again and again, with these settings and in this mood. */
function opening(settings: Settings, mood: Mood = "well", atOnce = 1): Cause {
  return async (scene) => {
    const { client } = await scene.start(settings, mood);
    return scene.again(() => createFor(client, atOnce));
  };
}

async function withoutKeys(scene: Scene) {
  const issuer = scene.use(await startIssuer());
  issuer.instead = down;
  const { ROUTER_SECRET: _, ...auth } = issuer.auth;
  const { client } = await scene.start({ ...auth, AUTH_ALLOW_HTTP: "yes" });
  scene.again(() => client.post("{}", { authorization: "Bearer a.b.c" }));
  return () => (issuer.instead = null);
}
