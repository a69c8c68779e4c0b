/**
 * What Node 26 has and TypeScript's own library does not describe yet.
 * Source: https://github.com/tc39/proposal-json-parse-with-source
 */
interface JSON {
  /** Makes JSON.stringify write `text`, a JSON primitive, exactly as it is. Throws SyntaxError for anything else. */
  rawJSON(text: string): { readonly rawJSON: string };
  /** Whether rawJSON made `value`. */
  isRawJSON(value: unknown): boolean;
  /** With a reviver that sees the source text of each primitive. */
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}
