import { Directive } from "type-graphql";

/**
 * Tags a root field or a type that only operators use. A contract of GraphOS or Hive can then leave it out of the public graph
 * (https://www.apollographql.com/docs/graphos/platform/schema-management/delivery/contracts/overview). Do not tag a type that other
 * subgraphs share, such as PageInfo: the tag would count for their fields too.
 */
export const ForOperators = (): ClassDecorator & MethodDecorator => Directive('@tag(name: "operations")');
