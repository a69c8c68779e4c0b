import inspector from "node:inspector";
import { describe, expect, test } from "vitest";
import { ALLOWED_OPTIONS, unsafeNodeSettings } from "../../src/config/node-settings.ts";
import { captured } from "../support/captured.ts";
import { repositoryText } from "../support/repository.ts";

/** Names of the mistakes. */
function unsafeIn(environment: Record<string, string>, execArgv: string[] = []): string[] {
  return unsafeNodeSettings(environment, execArgv).map((mistake) => mistake.split(" ")[0]!);
}

describe("a setting of Node", () => {
  test.each<[string, Record<string, string>]>([
    ["NODE_DEBUG", { NODE_DEBUG: "undici" }],
    ["NODE_DEBUG", { NODE_DEBUG: "fs" }],
    ["NODE_TLS_REJECT_UNAUTHORIZED", { NODE_TLS_REJECT_UNAUTHORIZED: "0" }],
    ["NODE_V8_COVERAGE", { NODE_V8_COVERAGE: "coverage" }],
    ["OPENSSL_CONF", { OPENSSL_CONF: "/etc/ssl/own.cnf" }],
  ])("MUST be refused when it prints secrets, writes files or weakens TLS: %s", (name, environment) => {
    expect(unsafeIn(environment)).toEqual([name]);
  });

  test.each([
    ["--inspect=0.0.0.0:9229", "--inspect"],
    ["--inspect-brk", "--inspect-brk"],
    ["--insecure_http_parser", "--insecure-http-parser"],
    ["--report_on_signal", "--report-on-signal"],
    ["--heapsnapshot-signal=SIGUSR2", "--heapsnapshot-signal"],
    ["--cpu-prof-interval=100", "--cpu-prof-interval"],
    ["--tls-cipher-list=ALL:@SECLEVEL=0", "--tls-cipher-list"],
    ["--openssl-config=own.cnf", "--openssl-config"],
    ["--max-http-header-size=10000000", "--max-http-header-size"],
    ["--experimental-config-file=node.json", "--experimental-config-file"],
    ["--tls-keylog=keys.log", "--tls-keylog"],
    ["--trace-regexp-bytecodes", "--trace-regexp-bytecodes"],
    ["--log-all", "--log-all"],
    ["-print_all_exceptions", "-print-all-exceptions"],
    ["--require=./agent.js", "--require"],
    ["-r ./--agent.js", "-r"],
    ["--import=data:text/javascript,0", "--import"],
    ["--no-disable-sigusr1", "--no-disable-sigusr1"],
    ["--max-old-space-size-of-another", "--max-old-space-size-of-another"],
    ["--enable-source-maps", "--enable-source-maps"],
  ])("MUST be refused by its name as an option that nobody has allowed: %s", (option, name) => {
    expect(unsafeIn({}, option.split(" "))).toEqual([name]);
    expect(unsafeIn({}, ["--disable-sigusr1", ...option.split(" ")])).toEqual([name]);
    expect(unsafeIn({ NODE_OPTIONS: option })).toEqual([name]);
    expect(unsafeIn({ NODE_OPTIONS: `--use-system-ca  ${option}` })).toEqual([name]);
    expect(unsafeIn({ NODE_OPTIONS: `"${option}"` })).toEqual([name]);
    expect(unsafeIn({ NODE_OPTIONS: option.replace("-", '-"').concat('"') })).toEqual([name]);
  });

  test("MUST be refused with the name of the variable that holds it, and without a value", () => {
    const inVariable = unsafeNodeSettings({ NODE_OPTIONS: "--require=s3cret" }, ["--require", "s3cret"]);
    const asArgument = unsafeNodeSettings({ NODE_OPTIONS: "--use-system-ca" }, ["--trace-tls"]);

    const few = "must not be on: production allows few options of Node (docs/settings.md)";
    expect(inVariable).toEqual([`--require in NODE_OPTIONS ${few}`]);
    expect(asArgument).toEqual([`--trace-tls ${few}`]);
  });

  test("MUST be refused when its debugger is open, whatever opened it", () => {
    inspector.open(0, "127.0.0.1");
    try {
      expect(unsafeIn({})).toEqual(["--inspect"]);
    } finally {
      inspector.close();
    }
  });

  test("MUST be accepted when it is one of those that docs/settings.md lists", () => {
    const page = repositoryText("docs/settings.md").split("## Node's own settings")[1]!;
    const listed = captured(captured(page, /^- (`--.*?):/gm).join(" "), /`(--[\w-]+)`/g);
    const environment = { NODE_TLS_REJECT_UNAUTHORIZED: "1", NODE_DEBUG: "", OPENSSL_CONF: " " };
    const NODE_EXTRA_CA_CERTS = "/etc/ca.crt";

    expect(listed.toSorted()).toEqual([...ALLOWED_OPTIONS].toSorted());
    for (const option of listed) {
      const given = [`${option}=512`, option.replaceAll("-", "_").replace("__", "--")];
      expect(unsafeIn({ ...environment, NODE_EXTRA_CA_CERTS, NODE_OPTIONS: given.join(" ") }, given)).toEqual([]);
    }
  });

  test("MUST be one that this Node knows, if it is allowed", () => {
    for (const option of ALLOWED_OPTIONS) expect(process.allowedNodeEnvironmentFlags).toContain(option);
  });
});
