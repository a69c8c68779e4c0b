import { Field, ObjectType, registerEnumType } from "type-graphql";
import { type Resolution, Verdict } from "../../tickets/submission.ts";
import { DateTime } from "./scalars.ts";

registerEnumType(Verdict, {
  name: "TicketSubmissionVerdict",
  description: "Result of an operator's search in Sociomile.",
  valuesConfig: {
    CREATED: { description: "The ticket exists." },
    NOT_CREATED: { description: "No ticket was created." },
  },
});

@ObjectType("TicketSubmissionResolution", { description: "Resolution by which an operator closed a doubt." })
export class SubmissionResolutionType implements Omit<Resolution, "byPerson" | "ticketId" | "ticketNumber"> {
  @Field(() => Verdict, { description: "Verdict of the operator." })
  verdict!: Verdict;

  @Field(() => String, { description: "Id of the client that sent the resolution." })
  by!: string;

  @Field(() => DateTime, { description: "Time of the resolution." })
  at!: Temporal.Instant;

  @Field(() => String, { description: "Note of the operator." })
  note!: string;
}
