import type { IncomingHttpHeaders } from "node:http";
import Negotiator from "negotiator";

/** Media types of an answer, the default first (https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types), with the charset that some ask for. */
const MEDIA_TYPES = ["application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"];

/** Chooses the media type of an answer by the `Accept` header (RFC 9110, section 12.5.1); null when the caller accepts none. */
export function negotiateMediaType(headers: IncomingHttpHeaders): string | null {
  return new Negotiator({ headers }).mediaType(MEDIA_TYPES) ?? null;
}
