/** Declares a feature of Node 26 that TypeScript lacks (https://github.com/tc39/proposal-json-parse-with-source). */
interface JSON {
  /** Makes JSON.stringify write `text`, a JSON primitive, unchanged. Throws SyntaxError for any other text. */
  rawJSON(text: string): { readonly rawJSON: string };
}
