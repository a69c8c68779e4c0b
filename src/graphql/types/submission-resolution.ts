import { Field, ObjectType } from "type-graphql";
import { type Resolution, Verdict } from "../../tickets/submission.ts";
import { ForOperators } from "../directives.ts";
import { DateTime } from "./scalars.ts";
import { IdField, TextField, registerEnum } from "./described.ts";

registerEnum("TicketSubmissionVerdict", "Result of an operator's search in Sociomile.", Verdict);

export type ShownResolution = Omit<Resolution, "resolvedBy" | "note"> &
  Record<"resolvedBy" | "note", string | null>;

const HIDDEN = "It is null for clients without the scope `submission:read`.";

@ForOperators()
@ObjectType("TicketSubmissionResolution", { description: "Resolution by which an operator closed a doubt." })
export class SubmissionResolutionType implements ShownResolution {
  @Field(() => Verdict, { description: "Verdict of the operator." }) verdict!: Verdict;
  @IdField("Id of the ticket that the operator found.") ticketId!: string | null;
  @TextField("Number of the ticket that the operator found.") ticketNumber!: string | null;
  @TextField(`Id of the client that sent the resolution. ${HIDDEN}`) resolvedBy!: string | null;

  @TextField(`Id of the operator. It is also null when the client did not tell. ${HIDDEN}`)
  resolvedByPerson!: string | null;

  @Field(() => DateTime, { description: "Time of the resolution." }) resolvedAt!: Temporal.Instant;
  @TextField(`Note of the operator. ${HIDDEN}`) note!: string | null;
}
