/** Directives by which routers estimate what an operation costs (https://www.apollographql.com/docs/graphos/routing/security/demand-control). */
import { Directive } from "type-graphql";

/** Number of items in a list that a caller cannot limit, as an estimate. */
const USUALLY = 5;

/** Marks a mutation that calls Sociomile, which costs as much as many reads. */
export const CallsSociomile = (): MethodDecorator => Directive("@cost(weight: 100)");

/** Marks a list that has at most, or usually, so many items. */
export const ListOf = (assumedSize: number = USUALLY): MethodDecorator & PropertyDecorator =>
  Directive(`@listSize(assumedSize: ${assumedSize})`);

/** Marks a connection that has as many items as its argument `first` says. */
export const PageOfFirst = (): MethodDecorator =>
  Directive(
    '@listSize(slicingArguments: ["first"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)',
  );
