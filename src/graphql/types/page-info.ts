import { Directive, Field, ObjectType } from "type-graphql";
import { TextField } from "./described.ts";

@Directive("@shareable")
@ObjectType({
  description: "Position of a page in its list, by the Relay specification of connections.",
})
export class PageInfo {
  @Field(() => Boolean, { description: "Tells whether items follow this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Tells whether items precede this page, as far as that is known." })
  hasPreviousPage!: boolean;

  @TextField("Cursor of the first item. It is null when the page is empty.")
  startCursor!: string | null;

  @TextField("Cursor of the last item, for `after`. It is null when the page is empty.")
  endCursor!: string | null;
}
