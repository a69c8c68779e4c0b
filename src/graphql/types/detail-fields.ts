/** Fields with details of a ticket. Each may be unknown. */
import { Field } from "type-graphql";
import { DateTime } from "./scalars.ts";

export const TextField = (description: string): PropertyDecorator & MethodDecorator =>
  Field(() => String, { nullable: true, description });
export const TimeField = (description: string): PropertyDecorator & MethodDecorator =>
  Field(() => DateTime, { nullable: true, description });
