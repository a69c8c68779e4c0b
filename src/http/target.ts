import type { IncomingMessage } from "node:http";

/**
 * Reads the target of a request (RFC 9112, section 3.2), in origin-form or absolute-form: the name and port that it is for, which are empty
 * when it names none, and the path without the query. Null without the one Host header that HTTP/1.1 requires, and when there are two.
 */
export function targetOf({ url = "", headersDistinct: { host = [] }, httpVersion }: IncomingMessage) {
  // Of two, Node goes by the first, while a proxy in front may have gone by the last. Only HTTP/1.0 may omit it.
  if (host.length > 1 || (host.length === 0 && httpVersion !== "1.0")) return null;
  const path = url.replace(/\?.*$/s, "");
  const absolute = /^https?:\/\/([^/]*)(.*)$/is.exec(path);
  if (!absolute) return { authority: host[0] ?? "", path };
  return { authority: absolute[1]!, path: absolute[2] || "/" };
}

/** Host of an authority, without the port and in lower case. */
export function hostOf(authority: string): string {
  return authority.replace(/:\d*$/, "").toLowerCase();
}
