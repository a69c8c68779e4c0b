import type { IncomingMessage } from "node:http";

/** Target of a request (RFC 9112, section 3.2). */
export interface Target {
  /** Name and port that the request is for; empty when the request names none. */
  authority: string;
  /** Path without the query. */
  path: string;
}

/** Reads the target, in origin-form or absolute-form. Null when it is ambiguous, because the request has two Host headers. */
export function targetOf({ url = "", headers, rawHeaders }: IncomingMessage): Target | null {
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
