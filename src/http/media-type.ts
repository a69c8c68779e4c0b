import type { IncomingHttpHeaders } from "node:http";
import Negotiator from "negotiator";

/**
 * Media types of an answer, the default first (https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types). The charset
 * is there because a caller may ask for it.
 */
const MEDIA_TYPES = ["application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"];

/** Most `Accept` headers that are remembered, and the longest of them. Callers send a few that are short. */
const MOST_REMEMBERED = 50;
const LONGEST_REMEMBERED = 200;

/** Media types by `Accept` header. */
const remembered = new Map<string | undefined, string | null>();

/** Chooses the media type of an answer by the `Accept` header (RFC 9110, section 12.5.1); null when the caller accepts none. */
export function negotiateMediaType(headers: IncomingHttpHeaders): string | null {
  const { accept } = headers;
  const known = remembered.get(accept);
  if (known !== undefined) return known;
  const type = new Negotiator({ headers }).mediaType(MEDIA_TYPES) ?? null;
  if (remembered.size < MOST_REMEMBERED && (accept?.length ?? 0) <= LONGEST_REMEMBERED)
    remembered.set(accept, type);
  return type;
}
