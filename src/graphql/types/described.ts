/** Short forms of TypeGraphQL's declarations. Each has a description. */
import { Field, ID, registerEnumType } from "type-graphql";
import { DateTime } from "./scalars.ts";

type FieldDecorator = PropertyDecorator & MethodDecorator;
type FieldType = Parameters<typeof Field>[0];

/** Fields that may be null. */
export const Maybe = (type: FieldType, description: string): FieldDecorator =>
  Field(type, { nullable: true, description });
export const TextField = (description: string): FieldDecorator => Maybe(() => String, description);
export const TimeField = (description: string): FieldDecorator => Maybe(() => DateTime, description);
export const IdField = (description: string): FieldDecorator => Maybe(() => ID, description);

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
