import inspector from "node:inspector";
import { describe, expect, test } from "vitest";
import { unsafeNodeSettings } from "../../src/config/node-settings.ts";

/** Names of the mistakes. */
function unsafeIn(environment: Record<string, string>, execArgv: string[] = []): string[] {
  return unsafeNodeSettings(environment, execArgv).map((mistake) => mistake.split(" ")[0]!);
}

describe("a setting of Node", () => {
  test.each<[string, Record<string, string>]>([
    ["NODE_DEBUG", { NODE_DEBUG: "undici" }],
    ["NODE_DEBUG", { NODE_DEBUG: "fs" }],
    ["NODE_TLS_REJECT_UNAUTHORIZED", { NODE_TLS_REJECT_UNAUTHORIZED: "0" }],
  ])("MUST be refused when it prints secrets or switches certificates off: %s", (name, environment) => {
    expect(unsafeIn(environment)).toEqual([name]);
  });

  test.each([
    ["--inspect=0.0.0.0:9229", "--inspect"],
    ["--inspect-brk", "--inspect"],
    ["--insecure_http_parser", "--insecure-http-parser"],
    ["--report_on_signal", "--report-"],
    ["--report-uncaught-exception", "--report-"],
    ["--heapsnapshot-signal=SIGUSR2", "--heapsnapshot-"],
    ["--heap-prof", "--heap-prof"],
    ["--cpu-prof-interval=100", "--cpu-prof"],
    ["--abort-on-uncaught-exception", "--abort-on-uncaught-exception"],
    ["--tls-cipher-list=ALL:@SECLEVEL=0", "--tls-cipher-list"],
    ["--openssl-config=own.cnf", "--openssl-"],
    ["--max-http-header-size=10000000", "--max-http-header-size"],
    ["--experimental-config-file=node.json", "--experimental-config-file"],
    ["--experimental-default-config-file", "--experimental-default-config-file"],
    ["--tls-keylog=keys.log", "--tls-keylog"],
    ["--trace-tls", "--trace-tls"],
    ["--trace", "--trace"],
    ["--prof", "--prof"],
    ["-print_all_exceptions", "--print-all-exceptions"],
    ["--perf-basic-prof", "--perf-"],
    ["--trace-event-categories=v8", "--trace-event-"],
    ["--tls-min-v1.0", "--tls-min-v1.0"],
    ["--tls-min-v1.1", "--tls-min-v1.1"],
  ])("MUST be refused as an option that weakens or dumps the process: %s", (option, name) => {
    expect(unsafeIn({}, [option])).toEqual([name]);
    expect(unsafeIn({}, ["--enable-source-maps", option])).toEqual([name]);
    expect(unsafeIn({ NODE_OPTIONS: option })).toEqual([name]);
    expect(unsafeIn({ NODE_OPTIONS: `--no-warnings  ${option}` })).toEqual([name]);
    expect(unsafeIn({ NODE_OPTIONS: `"${option}"` })).toEqual([name]);
    expect(unsafeIn({ NODE_OPTIONS: option.replace("--", '--"').concat('"') })).toEqual([name]);
  });

  test("MUST be refused with the name of the variable that holds it", () => {
    const inVariable = unsafeNodeSettings({ NODE_OPTIONS: "--trace-tls" }, ["--trace-tls"]);
    const asArgument = unsafeNodeSettings({ NODE_OPTIONS: "--no-warnings" }, ["--trace-tls"]);

    expect(inVariable).toEqual(["--trace-tls in NODE_OPTIONS must not be on: it prints TLS connections"]);
    expect(asArgument).toEqual(["--trace-tls must not be on: it prints TLS connections"]);
  });

  test("MUST be refused when its debugger is open, whatever opened it", () => {
    inspector.open(0, "127.0.0.1");
    try {
      expect(unsafeIn({})).toEqual(["--inspect"]);
    } finally {
      inspector.close();
    }
  });

  test("MUST be accepted when it reveals nothing", () => {
    const environment = {
      NODE_TLS_REJECT_UNAUTHORIZED: "1",
      NODE_OPTIONS:
        "--max-old-space-size=512 --tls-min-v1.3 --disable-sigusr1 --trace-warnings --disallow-code-generation-from-strings",
      NODE_DEBUG: "",
    };

    expect(unsafeIn(environment, ["--enable-source-maps", "--require=./--inspector.js"])).toEqual([]);
  });
});
