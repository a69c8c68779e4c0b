const JSON_TYPE = "application/json";
/** Media types of an answer (https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types); the first is preferred. */
const ANSWER_TYPES = [JSON_TYPE, "application/graphql-response+json"];

interface Range {
  quality: number;
  /** Place in the header; of ranges with one quality the first wins. */
  place: number;
}

/**
 * The media type of the answer for an `Accept` header; null when no type is acceptable. The most specific range decides on a type
 * (RFC 9110, section 12.5.1), so that a type with `q=0` stays excluded beside a wildcard.
 */
export function acceptedType(accept = JSON_TYPE): string | null {
  const ranges = rangesIn(accept);
  let best: (Range & { type: string }) | null = null;
  for (const type of ANSWER_TYPES) {
    const range = ranges.get(type) ?? ranges.get("application/*") ?? ranges.get("*/*");
    if (!range || range.quality === 0) continue;
    const isBetter =
      !best || range.quality > best.quality || (range.quality === best.quality && range.place < best.place);
    if (isBetter) best = { ...range, type };
  }
  return best?.type ?? null;
}

function rangesIn(accept: string): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const [place, range] of accept.split(",").entries()) {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const quality = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
    if (!ranges.has(name)) ranges.set(name, { quality: quality > 0 ? quality : 0, place });
  }
  return ranges;
}
