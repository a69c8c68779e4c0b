/** Short forms of TypeGraphQL's declarations. */
import { Directive, Field, ID, registerEnumType } from "type-graphql";
import { meaningsOf } from "../../tickets/ticket.ts";
import { DateTime } from "./scalars.ts";

type FieldDecorator = PropertyDecorator & MethodDecorator;
type FieldType = Parameters<typeof Field>[0];

/** Fields that may be null. */
export const Maybe = (type: FieldType, description: string): FieldDecorator =>
  Field(type, { nullable: true, description });
export const TextField = (description: string): FieldDecorator => Maybe(() => String, description);
export const TimeField = (description: string): FieldDecorator => Maybe(() => DateTime, description);
export const IdField = (description: string): FieldDecorator => Maybe(() => ID, description);

/** Argument with a default value. */
export const Flag = (description: string, defaultValue = false): FieldDecorator =>
  Field(() => Boolean, { defaultValue, description });

/** Registers an enum that `enumOf` made. */
export function registerEnum(name: string, meaning: string, values: object): void {
  const each = Object.entries(meaningsOf(values)).map(([value, description]) => [value, { description }]);
  registerEnumType(values, { name, description: meaning, valuesConfig: Object.fromEntries(each) });
}

/**
 * Tags a root field or a type that only operators use, so that a public variant in GraphOS or Hive can leave it out
 * (https://www.apollographql.com/docs/graphos/platform/schema-management/delivery/contracts/overview). Do not tag a type that
 * other subgraphs share, such as PageInfo: the tag would count for their fields too.
 */
export const ForOperators = (): ClassDecorator & MethodDecorator & PropertyDecorator =>
  Directive('@tag(name: "operations")');
