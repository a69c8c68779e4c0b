import { Arg, Ctx, Mutation, Resolver, UseMiddleware } from "type-graphql";
import type { Receipt } from "../tickets/submit.ts";
import type { Context } from "./context.ts";
import { CreateHelpdeskTicketInput } from "./create-helpdesk-ticket.ts";
import { CreateVoiceTicketInput } from "./create-voice-ticket.ts";
import { given } from "./given.ts";
import {
  CreateHelpdeskTicketPayload,
  CreateVoiceTicketPayload,
  UpdateTicketStatusPayload,
} from "./payloads.ts";
import { UpdateTicketStatusInput } from "./update-ticket-status.ts";
import { invalidInputAsProblems } from "./validate.ts";

// Nullable, each of them: with "!", one failing field would null the receipts of the others.
@Resolver()
export class TicketMutations {
  @Mutation(() => CreateHelpdeskTicketPayload, {
    nullable: true,
    description: "Opens a helpdesk ticket in Sociomile.",
  })
  @UseMiddleware(invalidInputAsProblems)
  createHelpdeskTicket(
    @Arg("input", () => CreateHelpdeskTicketInput, { description: "The complaint." })
    input: CreateHelpdeskTicketInput,
    @Ctx() { submit }: Context,
  ): Promise<Receipt> {
    return submit({ operation: "CREATE_HELPDESK_TICKET", details: given(input) });
  }

  @Mutation(() => CreateVoiceTicketPayload, {
    nullable: true,
    description: "Opens a voice ticket in Sociomile.",
  })
  @UseMiddleware(invalidInputAsProblems)
  createVoiceTicket(
    @Arg("input", () => CreateVoiceTicketInput, { description: "The call." }) input: CreateVoiceTicketInput,
    @Ctx() { submit }: Context,
  ): Promise<Receipt> {
    return submit({ operation: "CREATE_VOICE_TICKET", details: given(input) });
  }

  @Mutation(() => UpdateTicketStatusPayload, {
    nullable: true,
    description: "Moves a ticket to another status in Sociomile.",
  })
  @UseMiddleware(invalidInputAsProblems)
  updateTicketStatus(
    @Arg("input", () => UpdateTicketStatusInput, { description: "The move." }) input: UpdateTicketStatusInput,
    @Ctx() { submit }: Context,
  ): Promise<Receipt> {
    return submit({ operation: "UPDATE_TICKET_STATUS", details: given(input) });
  }
}
