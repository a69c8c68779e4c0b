import { Arg, Ctx, Mutation, Resolver, UseMiddleware } from "type-graphql";
import type { Verdicted } from "../../tickets/rule.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Receipt } from "../../tickets/submit.ts";
import type { Context } from "../context.ts";
import { CreateHelpdeskTicketInput } from "../inputs/create-helpdesk-ticket.ts";
import { CreateVoiceTicketInput } from "../inputs/create-voice-ticket.ts";
import { given } from "../inputs/omit-empty.ts";
import {
  CreateHelpdeskTicketPayload,
  CreateVoiceTicketPayload,
  UpdateTicketStatusPayload,
} from "../types/payloads.ts";
import {
  ResolveTicketSubmissionInput,
  ResolveTicketSubmissionPayload,
} from "../inputs/resolve-ticket-submission.ts";
import { Demands, clientIdOf } from "../scopes.ts";
import { UpdateTicketStatusInput } from "../inputs/update-ticket-status.ts";
import { invalidInputAsProblems } from "../inputs/validate.ts";

// Nullable, each of them: with "!", one failing field would null the receipts of the others.
@Resolver()
export class TicketMutations {
  @Demands("ticket:create")
  @Mutation(() => CreateHelpdeskTicketPayload, {
    nullable: true,
    description: "Opens a helpdesk ticket in Sociomile.",
  })
  @UseMiddleware(invalidInputAsProblems)
  createHelpdeskTicket(
    @Arg("input", () => CreateHelpdeskTicketInput, { description: "The complaint." })
    input: CreateHelpdeskTicketInput,
    @Ctx() { submit, caller }: Context,
  ): Promise<Receipt> {
    return submit({
      ...from(input, caller),
      request: { operation: "CREATE_HELPDESK_TICKET", details: given(input) },
    });
  }

  @Demands("ticket:create")
  @Mutation(() => CreateVoiceTicketPayload, {
    nullable: true,
    description: "Opens a voice ticket in Sociomile.",
  })
  @UseMiddleware(invalidInputAsProblems)
  createVoiceTicket(
    @Arg("input", () => CreateVoiceTicketInput, { description: "The call." }) input: CreateVoiceTicketInput,
    @Ctx() { submit, caller }: Context,
  ): Promise<Receipt> {
    return submit({
      ...from(input, caller),
      request: { operation: "CREATE_VOICE_TICKET", details: given(input) },
    });
  }

  @Demands("ticket:update")
  @Mutation(() => UpdateTicketStatusPayload, {
    nullable: true,
    description: "Moves a ticket to another status in Sociomile.",
  })
  @UseMiddleware(invalidInputAsProblems)
  updateTicketStatus(
    @Arg("input", () => UpdateTicketStatusInput, { description: "The move." }) input: UpdateTicketStatusInput,
    @Ctx() { submit, caller }: Context,
  ): Promise<Receipt> {
    return submit({
      ...from(input, caller),
      request: { operation: "UPDATE_TICKET_STATUS", details: given(input) },
    });
  }

  @Demands("submission:resolve")
  @Mutation(() => ResolveTicketSubmissionPayload, {
    nullable: true,
    description:
      "Closes the doubt about a create, by an operator who has looked in Sociomile. An update in doubt needs none: set the status " +
      "again under a new key.",
  })
  @UseMiddleware(invalidInputAsProblems)
  resolveTicketSubmission(
    @Arg("input", () => ResolveTicketSubmissionInput, { description: "The verdict." })
    input: ResolveTicketSubmissionInput,
    @Ctx() { rule, caller }: Context,
  ): Promise<Verdicted> {
    const { submissionId, verdict, note, ticketId = null, ticketNumber = null } = given(input);
    return rule({ submissionId, verdict, note, ticketId, ticketNumber, by: clientIdOf(caller) });
  }
}

function from(input: { idempotencyKey?: string | null }, caller: Principal | null) {
  return { clientId: clientIdOf(caller), idempotencyKey: input.idempotencyKey ?? null };
}
