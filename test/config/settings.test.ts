import { join } from "node:path";
import { Client } from "pg";
import { afterAll, describe, expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { SETTINGS, type Setting } from "../../src/config/settings.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { selfSigned } from "../sociomile/certificate.ts";
import { PRODUCTION, type Settings, configOf, mistakesIn } from "./production.ts";
import { withSettings } from "./settings-page.ts";
import { testTable } from "../support/test-table.ts";

const TABLE = Object.entries<Setting>(SETTINGS);
const key = (letter: string) => Buffer.alloc(32, letter).toString("base64");

const partsOf = (text: string) => text.split(/\s+/);

const DEVELOPMENT = { APP_MODE: "development" };

function namesIn(mistakes: readonly string[]): string[] {
  return mistakes.map((mistake) => /^[A-Z][A-Z_]+|^--[a-z-]+/.exec(mistake)?.[0] ?? mistake);
}

/** Names of the settings that production refuses with these changes. */
const wrongIn = (changes: Settings) => namesIn(mistakesIn({ ...PRODUCTION, ...changes }));

describe("production", () => {
  test("MUST be the default mode, and start with exactly its required settings", () => {
    const { SOCIOMILE_CLIENT_SECRET_KEY, LEDGER_KEY: _, ROUTER_SECRET, ...texts } = PRODUCTION;

    expect(configOf(PRODUCTION)).toMatchObject({
      ...texts,
      APP_MODE: "production",
      SOCIOMILE_CLIENT_SECRET_KEY: { value: SOCIOMILE_CLIENT_SECRET_KEY, file: null },
      LEDGER_KEY: [Buffer.alloc(32, "a")],
      ROUTER_SECRET: { value: ROUTER_SECRET, file: null },
      AUTH: "on",
      MANAGEMENT_HOST: "0.0.0.0",
      LOG_FORMAT: "json",
      leaseMs: 30_000,
      ledgerIsInClear: false,
      unknownSettings: [],
    });
    expect(configOf({ ...PRODUCTION, APP_MODE: "production" }).APP_MODE).toBe("production");
  });

  test.each(Object.keys(PRODUCTION))("MUST refuse to start without %s, and name only that", (name) => {
    expect(mistakesIn({ ...PRODUCTION, [name]: undefined })).toEqual([`${name} is missing`]);
    expect(mistakesIn({ ...PRODUCTION, [name]: " " })).toEqual([`${name} is missing`]);
  });

  const NO_SECRETS = [...partsOf("changeme change-me undefined Placeholder SECRET secret 1234567"), "        "];
  test.each(NO_SECRETS)("MUST refuse %j as a secret", (value) => {
    for (const name of ["SOCIOMILE_CLIENT_SECRET_KEY", "ROUTER_SECRET", "LEDGER_KEY"])
      expect(new Set(wrongIn({ [name]: value }))).toEqual(new Set([name]));
  });

  const NEVER = partsOf("http://localhost@vendor.example http://issuer/keys?a=b http://user:pass@issuer ftp://a");
  const NEAR = ["http://localhost:4002", "http://127.0.0.1:4002", "http://127.1.2.3", "http://[::1]:4002"];
  const ELSEWHERE = partsOf(`http://10.0.0.1 http://0.0.0.0 http://keycloak.identity.svc:8080/keys
    http://127.0.0.1.vendor.example http://localhost.vendor.example`);
  const URLS = [...NEVER, ...NEAR, ...ELSEWHERE, "https://issuer.example/keys"];

  test.each(URLS)("MUST accept %s as the address of Sociomile or an issuer only where http may go", (url) => {
    const isRefused = (name: string, more: Settings) => wrongIn({ ...more, [name]: url }).join() === name;
    const isFar = !url.startsWith("https:") && !NEAR.includes(url);

    for (const changes of [{}, { SOCIOMILE_ALLOW_HTTP: "no", AUTH_ALLOW_HTTP: "yes" }])
      expect(isRefused("SOCIOMILE_BASE_URL", changes)).toBe(!url.startsWith("https:"));
    expect(isRefused("SOCIOMILE_BASE_URL", { SOCIOMILE_ALLOW_HTTP: "yes" })).toBe(isFar);
    for (const changes of [{}, { SOCIOMILE_ALLOW_HTTP: "yes", AUTH_ALLOW_HTTP: "no" }])
      expect(isRefused("AUTH_JWKS_URL", changes)).toBe(isFar);
    expect(isRefused("AUTH_JWKS_URL", { AUTH_ALLOW_HTTP: "yes" })).toBe(NEVER.includes(url));
  });

  test("MUST say with which setting plain http is allowed", () => {
    const settings = { SOCIOMILE_BASE_URL: "http://127.0.0.1:4002", AUTH_JWKS_URL: "http://issuer/keys" };

    expect(mistakesIn({ ...PRODUCTION, ...settings })).toEqual([
      "SOCIOMILE_BASE_URL must be an https URL without query (http on loopback with SOCIOMILE_ALLOW_HTTP=yes)",
      "AUTH_JWKS_URL must be an https URL without query (http on loopback, http with AUTH_ALLOW_HTTP=yes)",
    ]);
  });

  test("MUST refuse a proxy on the way to a Sociomile that plain http reaches, as it would not be used", () => {
    const proxied = { SOCIOMILE_PROXY_URL: "http://proxy.bank:3128" };
    const settings = { SOCIOMILE_ALLOW_HTTP: "yes", SOCIOMILE_BASE_URL: "http://127.0.0.1:4002" };

    expect(wrongIn(proxied)).toEqual([]);
    expect(wrongIn(settings)).toEqual([]);
    expect(wrongIn({ ...settings, ...proxied })).toEqual(["SOCIOMILE_PROXY_URL"]);
    expect(namesIn(mistakesIn({ ...DEVELOPMENT, ...proxied }))).toEqual(["SOCIOMILE_PROXY_URL"]);
  });

  test("MUST refuse AUTH=off on every address", () => {
    expect(wrongIn({ AUTH: "off", HOST: "127.0.0.1" })).toEqual(["AUTH"]);
  });
});

test("A variable that begins like a setting and is none MUST be named, and MUST NOT prevent the start, unlike one that others set and the file of a setting", () => {
  const ours = partsOf("SOCIOMILE_TIMEOUT AUTH_JWKS LEDGER_KEYS ROUTER_SECRETS SOCIOMILE_TIMEOUT_MS_FILE");
  const ofOthers = partsOf(`ROUTER_SERVICE_HOST ROUTER_SERVICE_PORT_HTTP ROUTER_PORT LOG_DIRECTORY PATH
    SOCIOMILE_SUBGRAPH_PORT_4001_TCP_ADDR`);
  const settings = { ...PRODUCTION, LEDGER_KEY: undefined, LEDGER_KEY_FILE: fileOf(key("a")) };
  const given = Object.fromEntries([...ours, ...ofOthers].map((name) => [name, "tcp://10.0.0.1:4001"]));

  expect(configOf({ ...settings, ...given }).unknownSettings).toEqual(ours);
});

test("A secret that is no list MUST be allowed to hold any character, as a variable and in a file", () => {
  const SECRET = "k,ey=&+%20 'Ω', of;the:vendor,";
  const { SOCIOMILE_CLIENT_SECRET_KEY: _, ...others } = PRODUCTION;
  const secretIn = (changes: Settings) => configOf({ ...others, ...changes }).SOCIOMILE_CLIENT_SECRET_KEY;

  expect(secretIn({ SOCIOMILE_CLIENT_SECRET_KEY: SECRET })?.value).toBe(SECRET);
  expect(secretIn({ SOCIOMILE_CLIENT_SECRET_KEY_FILE: fileOf(`${SECRET}\n`) })?.value).toBe(SECRET);
});

test.each([{}, DEVELOPMENT])("AUTH=router MUST need the router's secret and no token setting: %j", (mode) => {
  const { AUTH_JWKS_URL: _, AUTH_ISSUER: __, AUTH_AUDIENCE: ___, ...others } = PRODUCTION;
  const settings = { ...others, ...mode, AUTH: "router" };

  const secret = { value: PRODUCTION.ROUTER_SECRET, file: null };
  expect(configOf(settings)).toMatchObject({ AUTH: "router", ROUTER_SECRET: secret, AUTH_JWKS_URL: null });
  expect(namesIn(mistakesIn({ ...settings, ROUTER_SECRET: undefined }))).toEqual(["ROUTER_SECRET"]);
});

describe("development", () => {
  test("MUST need no setting, and use the sandbox, an embedded ledger, loopback and no authentication", () => {
    expect(configOf(DEVELOPMENT)).toMatchObject({
      APP_MODE: "development",
      HOST: "127.0.0.1",
      MANAGEMENT_HOST: "127.0.0.1",
      SOCIOMILE_BASE_URL: null,
      SOCIOMILE_CLIENT_SECRET_KEY: null,
      DATABASE_URL: "sqlite:.data/ledger.db",
      LEDGER_KEY: null,
      AUTH: "off",
      ROUTER_SECRET: null,
    });
  });

  test.each(["127.0.0.1", "localhost", "::1", "127.9.9.9"])("MUST accept AUTH=off at %s", (HOST) => {
    expect(configOf({ ...DEVELOPMENT, HOST, AUTH: "off" }).AUTH).toBe("off");
    expect(configOf({ ...DEVELOPMENT, HOST }).AUTH).toBe("off");
  });

  const SHARED = ["0.0.0.0", "::", "10.0.0.1", "127.example", "localhost.example"];
  test.each(SHARED)("MUST refuse AUTH=off at %s", (HOST) => {
    expect(namesIn(mistakesIn({ ...DEVELOPMENT, HOST, AUTH: "off" }))).toEqual(["AUTH"]);
    const needed = ["ROUTER_SECRET", "AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE"];
    expect(namesIn(mistakesIn({ ...DEVELOPMENT, HOST }))).toEqual(needed);
  });

  test("MUST accept AUTH=on, with the same addresses of a key set as production", () => {
    const settings = { ...PRODUCTION, ...DEVELOPMENT, AUTH: "on" };

    expect(configOf(settings)).toMatchObject({ AUTH: "on", AUTH_AUDIENCE: PRODUCTION.AUTH_AUDIENCE });
    expect(wrongIn({ ...settings, AUTH_JWKS_URL: "http://localhost:9000/keys" })).toEqual([]);
    expect(wrongIn({ ...settings, AUTH_JWKS_URL: "http://issuer/keys" })).toEqual(["AUTH_JWKS_URL"]);
  });

  test("MUST require Sociomile's secret together with its address", () => {
    const settings = { ...DEVELOPMENT, SOCIOMILE_BASE_URL: "http://127.0.0.1:4002" };

    expect(mistakesIn(settings)).toEqual(["SOCIOMILE_CLIENT_SECRET_KEY is missing"]);
    expect(mistakesIn({ ...settings, SOCIOMILE_CLIENT_SECRET_KEY: "a-vendor-secret" })).toEqual([]);
  });
});

/** A text that is read as it is. */
const readAsIs = (one: string): [text: string, value: unknown][] => [[one, one]];

describe("a setting", () => {
  type Row = [name: string, good: [text: string, value: unknown][], bad: string[]];
  /** Settings that are numbers or one of some words, with texts by their descriptions. */
  const REGULAR = TABLE.flatMap(([name, { type }]): Row[] => {
    const [least, most] = /^(\d+) to (\d+)$/.exec(type.description)?.slice(1).map(Number) ?? [];
    if (least !== undefined && most !== undefined) {
      const bad = ["x", "1.5", "1e3", "0x10", `${least - 1}`, `${most + 1}`];
      return [[name, [least, most].map((number) => [`${number}`, number]), bad]];
    }
    const choices = /^(?:`\w+`(?:, |$))+$/.test(type.description) && type.description.match(/\w+/g);
    return choices ? [[name, choices.map((word) => [word, word]), ["true", choices[0].toUpperCase()]]] : [];
  });
  const OF_32 = Buffer.alloc(32).toString("base64");
  const LONG = "s3cret-s3cret-s3cret-s3cret-s3cr";
  const OF_31_AND_33 = [31, 33].map((bytes) => Buffer.alloc(bytes, "s3cret").toString("base64"));
  // prettier-ignore
  const OTHERS: Row[] = [
    ["HOST", readAsIs("::"), []],
    ["MANAGEMENT_HOST", readAsIs("127.0.0.1"), []],
    ["SOCIOMILE_BASE_URL", [], partsOf(`http://vendor.example/s3cret https://vendor.example?s3cret=1
        https://vendor.example#s3cret https://s3cret:s3cret@vendor.example https://:s3cret@vendor.example s3cret.example`)],
    ["SOCIOMILE_CLIENT_SECRET_KEY", [], ["s3cret", "s3cret\u0000s3cret"]],
    ["ROUTER_SECRET", [], [`${LONG},s3cret\t${LONG}`, ...partsOf(`${LONG.slice(0, 31)} ${LONG},${LONG.slice(0, 31)} ${LONG},
        ${LONG},${LONG},${LONG}`), `s3cr\u00EAt-${LONG}` /* Routers send it as UTF-8, which Node reads otherwise. */]],
    ["AUTH_JWKS_URL", [], ["https://issuer.example/keys?s3cret", "s3cret"]],
    ["SOCIOMILE_TICKET_URL", readAsIs("https://vendor.example/t/{id}?a=b"),
      partsOf("https://vendor.example/s3cret http://vendor.example/{id} javascript:s3cret({id}) {id}")],
    ["SOCIOMILE_TIME_ZONE", readAsIs("UTC"), ["WITA", "Asia/Nowhere", "2026-01-31T09:30:00Z"]],
    ["SOCIOMILE_PROXY_URL", readAsIs("http://user:p%40ss@proxy.bank:3128"), partsOf(`proxy.bank:3128 socks5://proxy.bank
        http://proxy.bank/s3cret http://proxy.bank?s3cret http://user:100%@proxy.bank http://us%3Aer:s3cret@proxy.bank http://`)],
    ["CORS_ORIGINS", [["https://a.example, https://b.example,", ["https://a.example", "https://b.example"]]],
      ["https://a.example https://b.example", ...partsOf(`* null a.example https://a.example/ https://A.example
        https://a.example:443 ftp://a.example https://*.example https://a.example:*:* https://s3cret@a.example`)]],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", readAsIs("http://collector.example:4318"),
      partsOf("c.example ftp://c.example https://s3cret@c.example https://c.example?s3cret")],
    ["OTEL_TRACES_SAMPLER_ARG", [["0.25", 0.25], ["1", 1]], ["1.5", "-1", "ten", "1e-3"]],
    ["DATABASE_URL", readAsIs("postgres://db/l"), partsOf(`mysql://s3cret:s3cret@db.example/ledger sqlite: sqlite::memory:
        /data/s3cret.db postgres:// postgres://user:pass@one.example,two.example/ledger
        postgres://user:s3#cret@db.example/ledger postgres://user:s3/cret@db.example/ledger
        postgres://user:100%@db.example/s3cret`)],
    ["LEDGER_KEY", [[`${key("b")}, ${key("a")}`, [Buffer.alloc(32, "b"), Buffer.alloc(32, "a")]]],
      ["s3cret-s3cret", ...OF_31_AND_33, `${key("a")},${key("b")},${key("c")}`, `${key("a")},s3cret-s3cret`, OF_32]],
  ];

  test("MUST be seen by the next test: numbers and words of the table", () => {
    expect(REGULAR.length).toBeGreaterThan(15);
    expect(Object.fromEntries(REGULAR)).toMatchObject({ PORT: {}, LOG_LEVEL: {} });
  });

  test.each([...REGULAR, ...OTHERS])("MUST be read, or refused without its value: %s", (name, good, bad) => {
    const settings = { ...PRODUCTION, ...DEVELOPMENT, AUTH: "on" };
    const read = (text: string) => configOf({ ...settings, [name]: text })[name as keyof Config];

    for (const [text, value] of good) expect([read(text), read(` ${text} `)]).toEqual([value, value]);
    const sentence = `${name} ${new Map(TABLE).get(name)!.type.mistake}`;
    for (const text of bad)
      for (const mode of [PRODUCTION, settings])
        expect([text, mistakesIn({ ...mode, [name]: text })]).toEqual([text, [sentence]]);
  });

  test.each([{}, DEVELOPMENT])("MUST have its default of the table where nothing is set: %j", (mode) => {
    const settings = { ...PRODUCTION, ...mode };
    const defaults = TABLE.map(([name, setting]): [string, unknown] => {
      const development = "APP_MODE" in mode ? setting.development : undefined;
      return [name, development === undefined ? setting.default : development];
    }).filter(([name, value]) => value !== undefined && !(name in settings));

    expect(defaults.length).toBeGreaterThan(15);
    expect(configOf(settings)).toMatchObject(Object.fromEntries(defaults));
  });

  const ROOT_CERTIFICATE = join(ROOT, "deploy/ca.crt");
  const IN_CLEAR =
    partsOf(`postgres://u:p@db.bank/ledger postgresql://u:p@10.0.0.7:5432/ledger postgres://u:p@/ledger?host=db.bank
    postgres://u:p@db.bank/ledger?sslmode=disable postgres://u:p@db.bank/ledger?ssl=0
    postgres://u:p@db.bank/ledger?ssl=true&sslmode=disable postgres://u:p@db.bank/ledger?sslrootcert=${ROOT_CERTIFICATE}&sslmode=disable`);
  const HERE_OR_SEALED =
    partsOf(`postgres://u:p@db.bank/ledger?sslmode=verify-full postgres://u:p@db.bank/ledger?ssl=true
    postgres://u:p@db.bank/ledger?sslrootcert=${ROOT_CERTIFICATE} postgres://u:p@127.0.0.1/ledger postgres://u:p@localhost/ledger
    postgres://u:p@[::1]/ledger postgres:///ledger postgres://u:p@/ledger?host=/run/postgresql
    postgres://u:p@%2Frun%2Fpostgresql/ledger sqlite:/data/ledger.db`);
  const ADDRESSES = [...IN_CLEAR, ...HERE_OR_SEALED];
  test.each(ADDRESSES)("DATABASE_URL MUST tell whether the connection leaves the machine without TLS: %s", (url) => {
    const settings = { ...PRODUCTION, DATABASE_URL: url };

    expect(configOf(settings).ledgerIsInClear).toBe(IN_CLEAR.includes(url));
    expect(configOf({ ...settings, ...DEVELOPMENT }).ledgerIsInClear).toBe(false);
  });

  test.each(ADDRESSES.filter((url) => url.startsWith("postgres")))(
    "pg itself MUST speak as the settings say: %s",
    (connectionString) => {
      const { ssl, host } = new Client({ connectionString });

      const isNear = host.startsWith("/") || /^(?:localhost|127\.0\.0\.1|::1)$/.test(host);
      expect(!ssl && !isNear).toBe(IN_CLEAR.includes(connectionString));
    },
  );

  test.each(
    partsOf(`?sslmode=no-verify ?ssl=no-verify ?sslmode=require&uselibpqcompat=true
    ?sslmode=prefer&uselibpqcompat=true ?sslmode=verify-full&sslmode=no-verify`),
  )("DATABASE_URL MUST NOT trust every server in production, on any host: %s", (parameters) => {
    const sentence = "DATABASE_URL must not trust every server: use sslmode=verify-full";
    for (const host of ["db.bank", "127.0.0.1"]) {
      const DATABASE_URL = `postgres://u:p@${host}/ledger${parameters}`;
      expect(new Client({ connectionString: DATABASE_URL }).ssl).toMatchObject({ rejectUnauthorized: false });
      expect(mistakesIn({ ...PRODUCTION, DATABASE_URL })).toEqual([sentence]);
      expect(mistakesIn({ ...DEVELOPMENT, DATABASE_URL, LEDGER_KEY: key("a") })).toEqual([]);
    }
    const byVariable = { DATABASE_URL: "postgres://u:p@db.bank/ledger", PGSSLMODE: "no-verify" };
    expect(mistakesIn({ ...PRODUCTION, ...byVariable })).toEqual([sentence]);
  });

  test("DATABASE_URL MUST be left to the ledger when it names a file that is not there", () => {
    const DATABASE_URL = "postgres://u:p@db.bank/ledger?sslmode=verify-full&sslrootcert=/nowhere/ca.crt";

    expect(mistakesIn({ ...PRODUCTION, DATABASE_URL })).toEqual([]);
  });

  test("PGSSLMODE and PGHOST MUST count for DATABASE_URL only where the address says nothing", () => {
    const CLEAR = { DATABASE_URL: "postgres://u:p@db.bank/ledger" };
    const settings = { ...PRODUCTION, PGSSLMODE: "verify-full" };
    const isInClear = (DATABASE_URL: string) => configOf({ ...settings, DATABASE_URL }).ledgerIsInClear;

    expect(isInClear("postgres://u:p@db.bank/ledger")).toBe(false);
    expect(isInClear("postgres://u:p@db.bank/ledger?sslmode=disable")).toBe(true);
    const withoutHost = { ...PRODUCTION, DATABASE_URL: "postgres:///ledger" };
    expect(configOf({ ...withoutHost, PGHOST: "db.bank" }).ledgerIsInClear).toBe(true);
    expect(configOf({ ...withoutHost, PGHOST: "/run/postgresql" }).ledgerIsInClear).toBe(false);
    expect(configOf({ ...PRODUCTION, ...CLEAR, PGSSLMODE: "nonsense" }).ledgerIsInClear).toBe(true); // as pg reads it
  });

  test("MANAGEMENT_HOST MUST be HOST by default, and PORT and MANAGEMENT_PORT MUST differ on one address", () => {
    const settings = { ...PRODUCTION, MANAGEMENT_PORT: "4001" };

    expect(mistakesIn(settings)).toEqual(["PORT and MANAGEMENT_PORT must differ"]);
    expect(mistakesIn({ ...settings, MANAGEMENT_HOST: "127.0.0.1" })).toEqual([]);
    expect(mistakesIn({ ...PRODUCTION, PORT: "0", MANAGEMENT_PORT: "0" })).toEqual([]);
    expect(configOf({ ...PRODUCTION, HOST: "127.0.0.1" }).MANAGEMENT_HOST).toBe("127.0.0.1");
  });

  test("LOG_FORMAT MUST be pretty for a developer at a terminal alone, and MUST be refused in production", () => {
    expect(configOf(DEVELOPMENT, [], true).LOG_FORMAT).toBe("pretty");
    expect(configOf(DEVELOPMENT, [], false).LOG_FORMAT).toBe("json");
    expect(configOf({ ...DEVELOPMENT, LOG_FORMAT: "json" }, [], true).LOG_FORMAT).toBe("json");
    expect(configOf({ ...DEVELOPMENT, LOG_FORMAT: "pretty" }, [], false).LOG_FORMAT).toBe("pretty");
    expect(configOf(PRODUCTION, [], true).LOG_FORMAT).toBe("json");
    const mistake = "LOG_FORMAT may be pretty only in development";
    expect(mistakesIn({ ...PRODUCTION, LOG_FORMAT: "pretty" })).toEqual([mistake]);
  });

  test("MUST NOT let pages of other origins call in production, where browsers call the router", () => {
    const mistake = "CORS_ORIGINS may be set only in development: in production browsers call the router";
    expect(mistakesIn({ ...PRODUCTION, CORS_ORIGINS: "https://a.example" })).toEqual([mistake]);
  });

  test("MUST be refused together with all other wrong ones, by name and without a value", () => {
    const wrong: Settings = {
      PORT: "s3cret-1",
      LOG_LEVEL: "s3cret-2",
      SOCIOMILE_BASE_URL: "http://s3cret-3.example",
      SOCIOMILE_CLIENT_SECRET_KEY: "s3cr3t",
      LEDGER_KEY: "s3cret-s3cret",
      ROUTER_SECRET: "CHANGEME",
      AUTH_ISSUER: "",
      AUTH_AUDIENCE: undefined,
      NODE_DEBUG: "s3cret-4",
    };
    const mistakes = mistakesIn({ ...PRODUCTION, ...wrong }, ["--inspect"]);

    expect(namesIn(mistakes).toSorted()).toEqual(["--inspect", ...Object.keys(wrong)].toSorted());
    expect(mistakes.join("\n")).not.toMatch(/s3cr[e3]t-|s3cr3t|CHANGEME/);
  });

  test("of Node that opens or weakens the process MUST be refused in production alone", () => {
    const settings = { NODE_OPTIONS: "--insecure-http-parser", NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    const [parser, certificates] = ["--insecure-http-parser", "NODE_TLS_REJECT_UNAUTHORIZED"];

    expect(wrongIn({ ...settings }).toSorted()).toEqual([parser, certificates]);
    expect(mistakesIn({ ...DEVELOPMENT, ...settings }, ["--inspect"])).toEqual([]);
  });

  test("MUST be in docs/settings.md as in the table of the code (npm run settings)", async () => {
    const page = repositoryText("docs/settings.md");

    expect(await withSettings(page)).toBe(page);
    for (const [name] of TABLE) expect(page).toContain(`\n- \`${name}\` (`);
  });
});

const files = temporaryFiles();
afterAll(() => files[Symbol.dispose]());
const fileOf = (content: string) => files.write("s3cret", content);

describe("TLS", () => {
  const [{ cert, key: keyText }, other] = [selfSigned(), selfSigned()];
  const PAIR = { TLS_CERT_FILE: cert, TLS_KEY_FILE: keyText };
  const TOGETHER = "TLS_CERT_FILE and TLS_KEY_FILE must be set together";
  const BROKEN = cert.replace("MII", "s3c");
  const CERTIFICATES = "must name a file of certificates in PEM";
  const NO_CERTIFICATE = `TLS_CERT_FILE ${CERTIFICATES}`;
  const KEY =
    "TLS_KEY_FILE must name a file with the key of the certificate in TLS_CERT_FILE, in PEM, without a passphrase";

  testTable<[Record<string, string | null>, string[]]>({
    "no file": [{}, []],
    "a pair": [PAIR, []],
    "a pair and an authority": [{ ...PAIR, TLS_CLIENT_CA_FILE: other.cert }, []],
    "a certificate alone": [{ TLS_CERT_FILE: cert }, [TOGETHER]],
    "a key alone": [{ TLS_KEY_FILE: keyText }, [TOGETHER]],
    "an authority alone": [{ TLS_CLIENT_CA_FILE: other.cert }, [TOGETHER]],
    "the key of another certificate": [{ TLS_CERT_FILE: cert, TLS_KEY_FILE: other.key }, [KEY]],
    "no key": [{ TLS_CERT_FILE: cert, TLS_KEY_FILE: "s3cret" }, [KEY]],
    "no certificate": [{ TLS_CERT_FILE: keyText, TLS_KEY_FILE: keyText }, [NO_CERTIFICATE]],
    "a broken certificate behind a good one": [{ ...PAIR, TLS_CERT_FILE: cert + BROKEN }, [NO_CERTIFICATE]],
    "no authority": [{ ...PAIR, TLS_CLIENT_CA_FILE: "s3cret" }, [`TLS_CLIENT_CA_FILE ${CERTIFICATES}`]],
    "missing files": [{ TLS_CERT_FILE: null, TLS_KEY_FILE: null }, [NO_CERTIFICATE]],
  })("MUST refuse the start exactly when the files do not fit together: %s", (_, [contents, mistakes]) => {
    const settings = Object.entries(contents).map(([name, content]) => [
      name,
      content === null ? "/nowhere/s3cret" : files.write(name, content),
    ]);

    expect(mistakesIn({ ...PRODUCTION, ...(Object.fromEntries(settings) as Settings) })).toEqual(mistakes);
  });
});

describe("a secret in a file", () => {
  const OLD_AND_NEW = `${"old-".repeat(8)},${"new-".repeat(8)}`;
  const SECRETS: [name: keyof Config, content: string, value: unknown][] = [
    ["SOCIOMILE_CLIENT_SECRET_KEY", "from-a-file", { value: "from-a-file", file: expect.any(String) }],
    ["ROUTER_SECRET", OLD_AND_NEW, { value: OLD_AND_NEW, file: expect.any(String) }],
    ["LEDGER_KEY", key("f"), [Buffer.alloc(32, "f")]],
    ["SOCIOMILE_PROXY_URL", "http://user:s3cret@proxy.bank:3128", "http://user:s3cret@proxy.bank:3128"],
  ];

  test.each(SECRETS)("MUST be a real one, without the end of the line: %s_FILE", (name, content, value) => {
    const settings = (file: string) => ({ ...PRODUCTION, [name]: undefined, [`${name}_FILE`]: file });

    expect(configOf(settings(fileOf(`${content}\n`)))[name]).toEqual(value);
    expect(new Set(namesIn(mistakesIn(settings(fileOf("changeme\n")))))).toEqual(new Set([name]));
    const unusable = [`${name}_FILE must name a file that can be read and holds one line of at most 4 KiB`];
    const tooLarge = `${key("a")},`.repeat(100);
    for (const wrong of ["\n", `${key("a")}\n${key("b")}\n`, `${key("a")}\r\n${key("b")}`, tooLarge])
      expect(mistakesIn(settings(fileOf(wrong)))).toEqual(unusable);
    expect(mistakesIn(settings("/nowhere/s3cret"))).toEqual(unusable);
    expect(mistakesIn(settings("/nowhere/s3cret")).join()).not.toContain("s3cret");
  });
});
