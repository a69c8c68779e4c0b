/** Directives for routers: what an operation costs (https://ibm.github.io/graphql-specs/cost-spec.html), and for whom a part of the schema is. */
import { Directive } from "type-graphql";

/** Number of items in a list that a caller cannot limit, as an estimate. */
const USUALLY = 5;

/** Marks a mutation that calls Sociomile, which costs as much as many reads. */
export const CallsSociomile: MethodDecorator = Directive("@cost(weight: 100)");

/** Marks a list that has at most, or usually, so many items. */
export const ListOf = (assumedSize: number = USUALLY): MethodDecorator & PropertyDecorator =>
  Directive(`@listSize(assumedSize: ${assumedSize})`);

/**
 * Tags a root field or a type that only operators use. A public variant in GraphOS or Hive can then leave it out of the public graph
 * (https://www.apollographql.com/docs/graphos/platform/schema-management/delivery/contracts/overview). Do not tag a type that other
 * subgraphs share, such as PageInfo: the tag would count for their fields too.
 */
export const ForOperators = (): ClassDecorator & MethodDecorator => Directive('@tag(name: "operations")');
