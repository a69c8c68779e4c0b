/** Short forms of TypeGraphQL's declarations. Each has a description. */
import { Field, ID, registerEnumType } from "type-graphql";
import { meaningsOf } from "../../tickets/enum-of.ts";
import { DateTime } from "./scalars.ts";

type FieldDecorator = PropertyDecorator & MethodDecorator;
type FieldType = Parameters<typeof Field>[0];

/** Fields that may be null. */
export const Maybe = (type: FieldType, description: string): FieldDecorator =>
  Field(type, { nullable: true, description });
export const TextField = (description: string): FieldDecorator => Maybe(() => String, description);
export const TimeField = (description: string): FieldDecorator => Maybe(() => DateTime, description);
export const IdField = (description: string): FieldDecorator => Maybe(() => ID, description);

/** Argument that is false unless it is given. */
export const Flag = (description: string): FieldDecorator =>
  Field(() => Boolean, { defaultValue: false, description });

/** Registers an enum that `enumOf` made. */
export function registerEnum(name: string, meaning: string, values: object): void {
  const each = Object.entries(meaningsOf(values)).map(([value, description]) => [value, { description }]);
  registerEnumType(values, { name, description: meaning, valuesConfig: Object.fromEntries(each) });
}
