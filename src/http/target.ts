import type { IncomingMessage } from "node:http";

/**
 * Reads the target of a request (RFC 9112, section 3.2), in origin-form or absolute-form: the name and port that it is for, which are empty
 * when it names none, and the path without the query. Null when it is ambiguous, because the request has two Host headers.
 */
export function targetOf({ url = "", headers, rawHeaders }: IncomingMessage) {
  // Node keeps the first Host and drops the others, while a proxy in front may have gone by the last.
  const hosts = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === "host");
  if (hosts.length > 1) return null;
  const path = url.replace(/\?.*$/s, "");
  const absolute = /^https?:\/\/([^/]*)(.*)$/is.exec(path);
  if (!absolute) return { authority: headers.host ?? "", path };
  return { authority: absolute[1]!, path: absolute[2] || "/" };
}

/** Host of an authority, without the port and in lower case. */
export function hostOf(authority: string): string {
  return authority.replace(/:\d*$/, "").toLowerCase();
}
