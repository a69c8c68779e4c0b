/** Media types of requests and answers. What a header means is kept: routers send few different ones. */
import { MIMEType } from "node:util";
import { LRUCache } from "lru-cache";
import Negotiator from "negotiator";

const MOST_KEPT = 100;

/** Media types of an answer, the default first (https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types), with the charset that some ask for. */
const MEDIA_TYPES = ["application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"];

const negotiated = new LRUCache({
  max: MOST_KEPT,
  memoMethod: (accept: string) => new Negotiator({ headers: { accept } }).mediaType(MEDIA_TYPES) ?? "",
});

/** Chooses the media type of an answer by the `Accept` header (RFC 9110, section 12.5.1); null when the caller accepts none. */
export const negotiateMediaType = (accept = "*/*"): string | null => negotiated.memo(accept) || null;

const json = new LRUCache({
  max: MOST_KEPT,
  memoMethod(contentType: string): boolean {
    try {
      const { essence, params } = new MIMEType(contentType);
      return essence === "application/json" && (params.get("charset") ?? "utf-8").toLowerCase() === "utf-8";
    } catch {
      return false;
    }
  },
});

/** Tells whether a body is JSON by the `Content-Type` header. Accepts no other charset, because JSON is UTF-8 (RFC 8259, section 8.1). */
export const isJson = (contentType = ""): boolean => json.memo(contentType);
