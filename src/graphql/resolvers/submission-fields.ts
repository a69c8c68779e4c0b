import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { Resolution, Submission } from "../../tickets/submission.ts";
import type { Context } from "../context.ts";
import { SubmissionResolutionType } from "../types/submission-resolution.ts";
import { SubmissionType } from "../types/submission.ts";

/** Fields of a submission that are read only when a caller asks for them. */
@Resolver(() => SubmissionType)
export class SubmissionFields {
  @FieldResolver(() => SubmissionResolutionType, {
    nullable: true,
    description: "Resolution by which an operator closed the doubt. It is null when there is none.",
  })
  async resolution(@Root() { id }: Submission, @Ctx() { resolutions }: Context): Promise<Resolution | null> {
    const [newest = null] = await resolutions.load(id);
    return newest;
  }
}
