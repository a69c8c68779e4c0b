/** Returns the JSON of one field in a request to the vendor, exactly as it was sent. Undefined when the field is absent. */
export function wireValue(body: string, vendorField: string): string | undefined {
  return new RegExp(`"${vendorField}":("(?:[^"\\\\]|\\\\.)*"|[^,}]+)`).exec(body)?.[1];
}
