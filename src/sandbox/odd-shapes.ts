import type { Mood, ReshapingMood } from "./moods.ts";
import type { CreatedBody, UpdatedBody } from "./vendor-bodies.ts";

interface Reshape {
  readonly created?: (body: CreatedBody) => object;
  readonly updated?: (body: UpdatedBody) => object;
  readonly printed?: (body: object) => string;
}

/** Changes to the contract's example of a success, by mood. */
export const reshape: Readonly<Partial<Record<Mood, Reshape>>> = {
  "trailing-commas": { printed: withTrailingCommas },
  "data-array": {
    created: (body) => ({ ...body, data: [body.data] }),
    updated: (body) => ({ ...body, ticket: { ...body.ticket, data: [body.ticket.data] } }),
  },
  flat: {
    created: ({ data, ...body }) => ({ ...body, ...data }),
    updated: ({ ticket: { data, ...ticket }, ...body }) => ({ ...body, ticket: { ...data, ...ticket } }),
  },
  "unknown-status": {
    updated: ({ ticket, ...body }) => ({
      ...body,
      ticket: { ...ticket, data: { ...ticket.data, Status: "Archived" } },
    }),
  },
  "no-id": { created: (body) => ({ ...body, data: { ticket_number: body.data.ticket_number } }) },
  "big-number": { printed: withBigNumber },
  huge: { printed: padded },
} satisfies Record<ReshapingMood, Reshape>;

/** Inserts the number as text, because a JavaScript number of this size would lose its last digits. */
function withBigNumber(body: object): string {
  return JSON.stringify(body).replace(/"ticket_number":\d+/, '"ticket_number":9007199254740993123');
}

/** Adds commas to indented JSON. No text there holds a line break, so a line break before a bracket ends a list or an object. */
function withTrailingCommas(body: object): string {
  return JSON.stringify(body, null, 4).replaceAll(/\n(?= *[}\]])/g, ",\n");
}

function padded(body: object): string {
  return JSON.stringify({ ...body, padding: "x".repeat(300 * 1024) });
}
