import { Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { type Resolution, Verdict } from "../../tickets/submission.ts";
import { ForOperators } from "../tags.ts";
import { DateTime } from "./scalars.ts";

registerEnumType(Verdict, {
  name: "TicketSubmissionVerdict",
  description: "Result of an operator's search in Sociomile.",
  valuesConfig: {
    CREATED: { description: "The ticket of the create exists." },
    NOT_CREATED: { description: "The create made no ticket." },
    APPLIED: { description: "The update set the status." },
    NOT_APPLIED: { description: "The update did not set the status." },
  },
});

/** A resolution as a caller may see it. */
export type ShownResolution = Omit<Resolution, "resolvedBy" | "note"> &
  Record<"resolvedBy" | "note", string | null>;

const FOR_OPERATORS = { nullable: true } as const;
const HIDDEN = "It is null for clients without the scope `submission:read`.";

@ForOperators()
@ObjectType("TicketSubmissionResolution", { description: "Resolution by which an operator closed a doubt." })
export class SubmissionResolutionType implements ShownResolution {
  @Field(() => Verdict, { description: "Verdict of the operator." })
  verdict!: Verdict;

  @Field(() => ID, { nullable: true, description: "Id of the ticket that the operator found." })
  ticketId!: string | null;

  @Field(() => String, { nullable: true, description: "Number of the ticket that the operator found." })
  ticketNumber!: string | null;

  @Field(() => String, {
    ...FOR_OPERATORS,
    description: `Id of the client that sent the resolution. ${HIDDEN}`,
  })
  resolvedBy!: string | null;

  @Field(() => String, {
    ...FOR_OPERATORS,
    description: `Id of the operator. It is also null when the client did not tell. ${HIDDEN}`,
  })
  resolvedByPerson!: string | null;

  @Field(() => DateTime, { description: "Time of the resolution." })
  resolvedAt!: Temporal.Instant;

  @Field(() => String, { ...FOR_OPERATORS, description: `Note of the operator. ${HIDDEN}` })
  note!: string | null;
}
