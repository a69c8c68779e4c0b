import { expect, test } from "vitest";
import { negotiateMediaType } from "../../src/http/refuse.ts";

const JSON_TYPE = "application/json";
const RESPONSE_TYPE = "application/graphql-response+json";

test.each<[accept: string | undefined, type: string | null]>([
  [undefined, JSON_TYPE],
  ["*/*", JSON_TYPE],
  ["application/*", JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  [`${JSON_TYPE}; charset=UTF-8`, JSON_TYPE],
  [RESPONSE_TYPE, RESPONSE_TYPE],
  [`${RESPONSE_TYPE}; charset=utf-8, ${JSON_TYPE}; charset=utf-8`, RESPONSE_TYPE],
  [`${JSON_TYPE}, ${RESPONSE_TYPE}`, JSON_TYPE],
  [`${RESPONSE_TYPE};q=0.5, ${JSON_TYPE}`, JSON_TYPE],
  [`${JSON_TYPE};q=0.5, ${RESPONSE_TYPE};q=0.6`, RESPONSE_TYPE],
  [`*/*;q=0.1, ${JSON_TYPE};q=0.2`, JSON_TYPE],
  ["APPLICATION/JSON ; Q=1", JSON_TYPE],
  [`${JSON_TYPE};q=0, */*`, RESPONSE_TYPE],
  [`*/*, ${JSON_TYPE};q=0`, RESPONSE_TYPE],
  [`${JSON_TYPE};q=0.1, */*`, RESPONSE_TYPE],
  [`${JSON_TYPE};q=0`, null],
  [`${JSON_TYPE};q=none`, null],
  ["text/html", null],
  [`${JSON_TYPE}; charset=iso-8859-1`, null],
  ["json", null],
  ["text/html, application/xhtml+xml, */*;q=0.8", JSON_TYPE],
  ["*/*;q=0", null],
  ["", null],
])("Accept: %s MUST be answered with %s", (accept, type) => {
  const answered = negotiateMediaType(accept);
  expect(answered).toBe(type && `${type}; charset=utf-8`);
});
