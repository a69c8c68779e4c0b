import { Args, Ctx, FieldResolver, ID, Resolver, Root } from "type-graphql";
import { hasScope, isClient } from "../identity/principal.ts";
import { MOST_ACTIONS } from "../tickets/ports.ts";
import type { SubmittedDetails } from "../tickets/request.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Ticket } from "../tickets/ticket.ts";
import type { Context } from "./context.ts";
import { RequiresScope } from "./scopes.ts";
import {
  SubmissionActionType,
  SubmissionConnection,
  SubmissionResolutionType,
  SubmissionType,
} from "./types/submission.ts";
import { SubmittedDetailsType } from "./types/submitted-details.ts";
import { TicketType } from "./types/ticket.ts";
import { PageArguments, PageOfFirst, readPage } from "./submission-page.ts";
import { ForOperators } from "./types/fields.ts";
import { Costs, ListOf, WEIGHTS } from "./weight.ts";

/** Fields of a ticket that are read only when a caller asks for them. */
@Resolver(() => TicketType)
export class TicketFields {
  @Costs(WEIGHTS.read)
  @FieldResolver(() => SubmittedDetailsType, {
    nullable: true,
    description:
      "Values of the request that opened the ticket, which stay when Sociomile reports. It is null when the " +
      "ticket was not created through this service.",
  })
  submitted(@Root() { id }: Ticket, @Ctx() { caller, reads }: Context): Promise<SubmittedDetails | null> {
    return hasScope(caller, "ticket:read") ? reads.loaders.submitted.load(id) : Promise.resolve(null);
  }

  @ForOperators()
  @RequiresScope("submission:read")
  @PageOfFirst()
  @FieldResolver(() => SubmissionConnection, {
    nullable: true,
    description: "History of the ticket: its create and every requested status change, newest first.",
  })
  submissions(
    @Root() { id }: Ticket,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { reads }: Context,
  ): Promise<SubmissionConnection> {
    return readPage(page, (first, after) =>
      reads.loaders.histories.load({ ticketId: id, first, after: after?.id ?? null }),
    );
  }
}

/** Fields of a submission that are read only when a caller asks for them. */
@Resolver(() => SubmissionType)
export class SubmissionFields {
  @Costs(WEIGHTS.read)
  @FieldResolver(() => TicketType, {
    nullable: true,
    description: "Ticket of the submission. It is null for callers without the scope `ticket:read`.",
  })
  ticket(@Root() { ticketId }: Submission, @Ctx() { reads, caller }: Context): Promise<Ticket | null> {
    const isShown = ticketId !== null && hasScope(caller, "ticket:read");
    return isShown ? reads.loaders.tickets.load(ticketId) : Promise.resolve(null);
  }

  @ForOperators()
  @Costs(WEIGHTS.read)
  @FieldResolver(() => SubmittedDetailsType, {
    nullable: true,
    description:
      "Values of the request, by which operators find its ticket in Sociomile. It is null when they are not kept " +
      "(the create came to nothing, its data was deleted, or it is an update), and for callers without the scope " +
      "`ticket:read`.",
  })
  async submitted(
    @Root() { id }: Submission,
    @Ctx() { caller, reads, record }: Context,
  ): Promise<SubmittedDetails | null> {
    const shown = hasScope(caller, "ticket:read") ? await reads.loaders.submittedBy.load(id) : null;
    if (shown) record.tickets.add(id); // the log names whom a reader of personal data has seen
    return shown;
  }

  @ForOperators()
  @FieldResolver(() => ID, {
    nullable: true,
    description:
      "Id of a ticket that Sociomile has opened for the request, although an operator had decided otherwise " +
      "before. It is null when there is none, and for callers without the scope `submission:read`.",
  })
  conflictingTicketId(@Root() { conflictingTicketId }: Submission, @Ctx() { caller }: Context): string | null {
    return hasScope(caller, "submission:read") ? conflictingTicketId : null;
  }

  @ForOperators()
  @FieldResolver(() => String, {
    description: "Name of its present version, for `seen`. It is opaque, and every change makes another one.",
  })
  async version(@Root() { id, version }: Submission, @Ctx() { reads }: Context): Promise<string> {
    return version ?? (await reads.loaders.submissions.load(id))?.version ?? "";
  }

  @ForOperators()
  @Costs(WEIGHTS.read)
  @FieldResolver(() => SubmissionResolutionType, {
    nullable: true,
    description: "Last resolution of an operator about this submission. It is null when there is none.",
  })
  async resolution(@Root() submission: Submission, @Ctx() context: Context): Promise<SubmissionResolutionType | null> {
    const shown = await actionsShown(submission, context);
    const newest = shown.find(({ verdict }) => verdict !== null);
    if (!newest) return null;
    const { verdict, ticketId, ticketNumber, by, byPerson, at, note } = newest;
    const resolved = { resolvedBy: by, resolvedByPerson: byPerson, resolvedAt: at };
    return { verdict: verdict!, ticketId, ticketNumber, ...resolved, note };
  }

  @ForOperators()
  @ListOf(MOST_ACTIONS, WEIGHTS.read)
  @FieldResolver(() => [SubmissionActionType], {
    description:
      `Changes of this submission by operators, the newest ${MOST_ACTIONS}, newest first. A correction does not ` +
      "remove the verdict before it.",
  })
  actions(@Root() submission: Submission, @Ctx() context: Context): Promise<SubmissionActionType[]> {
    return actionsShown(submission, context);
  }
}

/** Reads the actions on a submission. Only operators see the names and notes of operators; the owner sees the tickets as well. */
async function actionsShown({ id, clientId }: Submission, { reads, caller }: Context): Promise<SubmissionActionType[]> {
  const actions = await reads.loaders.actions.load(id);
  const all = actions.map(({ kind: type, client: by, person: byPerson, ...action }) => ({
    ...action,
    type,
    by,
    byPerson,
  }));
  if (hasScope(caller, "submission:read")) return all;
  const ofTicket = isClient(caller, clientId) ? {} : { ticketId: null, ticketNumber: null };
  return all.map((action) => ({ ...action, ...ofTicket, by: null, byPerson: null, note: null }));
}
