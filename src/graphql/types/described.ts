/** Short forms of TypeGraphQL's declarations. Each has a description. */
import { Field, ID, registerEnumType } from "type-graphql";
import { DateTime } from "./scalars.ts";

type FieldDecorator = PropertyDecorator & MethodDecorator;

/** Fields that may be null. */
export const TextField = (description: string): FieldDecorator =>
  Field(() => String, { nullable: true, description });
export const TimeField = (description: string): FieldDecorator =>
  Field(() => DateTime, { nullable: true, description });
export const IdField = (description: string): FieldDecorator =>
  Field(() => ID, { nullable: true, description });

/** Registers an enum. A value without a description fails to compile. */
export function registerEnum<Value extends string>(
  name: string,
  description: string,
  values: { readonly [Each in Value]: Each },
  meanings: Record<Value, string>,
): void {
  const described = Object.entries<string>(meanings).map(([value, meaning]) => [
    value,
    { description: meaning },
  ]);
  registerEnumType(values, { name, description, valuesConfig: Object.fromEntries(described) });
}
