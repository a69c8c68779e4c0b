import { expectTypeOf, test } from "vitest";
import { CreateHelpdeskTicketInput } from "../../src/graphql/inputs/create-helpdesk-ticket.ts";
import { CreateVoiceTicketInput } from "../../src/graphql/inputs/create-voice-ticket.ts";
import type { SameFields } from "../../src/graphql/inputs/idempotent-input.ts";
import { UpdateTicketStatusInput } from "../../src/graphql/inputs/update-ticket-status.ts";
import type { HelpdeskTicket, StatusChange, VoiceTicket } from "../../src/tickets/request.ts";

/** The compiler checks these promises, in `npm run types`. */
interface Details {
  mandatory: string;
  optional?: string;
}
type Fits<Input> = Input extends SameFields<Input, Details> ? true : false;

test("An input class MUST have the fields of its request", () => {
  expectTypeOf<CreateHelpdeskTicketInput>().toExtend<SameFields<CreateHelpdeskTicketInput, HelpdeskTicket>>();
  expectTypeOf<CreateVoiceTicketInput>().toExtend<SameFields<CreateVoiceTicketInput, VoiceTicket>>();
  expectTypeOf<UpdateTicketStatusInput>().toExtend<SameFields<UpdateTicketStatusInput, StatusChange>>();
  expectTypeOf<
    Fits<{ idempotencyKey?: string | null; mandatory: string; optional?: string | null }>
  >().toEqualTypeOf<true>();
});

test("An input class MUST NOT have a field that its request does not have", () => {
  expectTypeOf<
    Fits<{ mandatory: string; optional?: string | null; other?: string | null }>
  >().toEqualTypeOf<false>();
});

test("An input class MUST NOT lack a field of its request, optional ones included", () => {
  expectTypeOf<Fits<{ mandatory: string }>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ optional?: string | null }>>().toEqualTypeOf<false>();
});

test("A field of an input class MUST have the type of the request's field", () => {
  expectTypeOf<Fits<{ mandatory: number; optional?: string | null }>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ mandatory?: string | null; optional?: string | null }>>().toEqualTypeOf<false>();
});
