import { serverAudits } from "graphql-http";
import { expect, test } from "vitest";
import { sharedService } from "../support/service.ts";

const NO_GET = "GET is not supported: a URL with a query ends up in access logs";
const FAULT_IS_400 = "a wrong document is answered with 400, also to clients that accept application/json alone";

/** Recommendations that this service does not follow, by graphql-http's ids, with the reason. No MUST is among them. */
const NOT_FOLLOWED: Record<string, string> = {
  "5A70": NO_GET,
  D6D5: NO_GET,
  "6A70": NO_GET,
  "572B": FAULT_IS_400,
  FDE2: FAULT_IS_400,
  "7B9B": FAULT_IS_400,
};

const service = sharedService();

const audits = serverAudits({ url: () => service.url, fetchFn: fetch });

const rows = audits.map((audit) => ({ id: audit.id, promise: audit.name, audit }));

test.each(rows.filter(({ id }) => !(id in NOT_FOLLOWED)))("$id $promise", async ({ id, promise, audit }) => {
  expect(await audit.fn()).toEqual({ id, name: promise, status: "ok" });
});

test.each(rows.filter(({ id }) => id in NOT_FOLLOWED))("$id is not followed: $promise", async ({ audit }) => {
  expect(["notice", "warn"]).toContain((await audit.fn()).status);
});
