/**
 * Shows graphql-js's own messages about a faulty request in development, with unknown names and suggestions. A message that
 * repeats a value is not shown, because customers' data must reach no answer in any mode. A sentence with the expected type
 * replaces it. explainVariables describes variables.
 */
import type { ApolloServerPlugin, BaseContext, GraphQLRequestListener } from "@apollo/server";
import {
  type ASTNode,
  type ASTVisitor,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLInputType,
  Kind,
  type ValidationContext,
  type ValueNode,
  getNamedType,
  isInputObjectType,
  isValueNode,
} from "graphql";
import type { ErrorCode } from "../../errors.ts";
import { isName, mustHaveType } from "./explain-variables.ts";

interface Expected {
  /** Schema coordinate, if the value is an argument or a field of an input. */
  place: string;
  type: GraphQLInputType;
}

/** Expected types of the values in documents. Validation records them, because an error holds only the value. */
const expectations = new WeakMap<ASTNode, Expected>();

/** Validation rule of graphql-js that refuses nothing. It records the expected type of each value. */
export function recordExpectations(context: ValidationContext): ASTVisitor {
  const places = new WeakMap<ASTNode, string>();
  return {
    Argument({ name, value }) {
      const [type, field] = [context.getParentType(), context.getFieldDef()];
      const directive = context.getDirective();
      places.set(
        value,
        `${directive ? `@${directive.name}` : `${type?.name}.${field?.name}`}(${name.value}:)`,
      );
    },
    ObjectField({ name, value }) {
      places.set(value, `${String(getNamedType(context.getParentInputType()))}.${name.value}`);
    },
    enter(node) {
      if (!isValueNode(node)) return;
      const type = node.kind === Kind.LIST ? context.getParentInputType() : context.getInputType();
      if (type) expectations.set(node, { place: places.get(node) ?? "A value", type });
    },
  };
}

const listener: GraphQLRequestListener<BaseContext> = {
  async willSendResponse({ request, errors, response: { body } }) {
    if (body.kind !== "single" || !body.singleResult.errors) return;
    body.singleResult.errors = withMessages(body.singleResult.errors, errors ?? [], request.operationName);
  },
};

export const developmentMessages: ApolloServerPlugin = { requestDidStart: () => Promise.resolve(listener) };

/** Gives masked errors the messages of the `errors` that they come from. `operationName`: the one in the request. */
export function withMessages(
  masked: readonly GraphQLFormattedError[],
  errors: readonly GraphQLError[],
  operationName = "",
): GraphQLFormattedError[] {
  return masked.map((error, i) => {
    const code = error.extensions?.["code"] as ErrorCode;
    const message = errors[i] && messageWithoutValues(errors[i], code, operationName);
    return message === undefined ? error : { ...error, message };
  });
}

/** Returns graphql-js's message, or one with the expected type. Undefined when every such message would hold a value. */
function messageWithoutValues(
  error: GraphQLError,
  code: ErrorCode,
  operationName: string,
): string | undefined {
  const { message, nodes, path } = error;
  const value = nodes?.[0];
  if (value && isValueNode(value)) return aboutValue(value, error);
  if (path) return undefined; // a resolver threw it
  if (code === "GRAPHQL_VALIDATION_FAILED") return message;
  if (code === "GRAPHQL_PARSE_FAILED")
    return pointsAtValue(error) ? "Syntax Error: Unexpected or malformed value." : message;
  // JSON may hold anything as the operation's name.
  const isNamed = code === "OPERATION_RESOLUTION_FAILURE" && (operationName === "" || isName(operationName));
  return isNamed ? message : undefined;
}

function aboutValue(value: ValueNode, { message, path, originalError }: GraphQLError): string | undefined {
  const expected = expectations.get(value);
  if (!expected) return undefined;
  // About an object of an input type, validation only names the missing field. Execution would print the object.
  const isInput = value.kind === Kind.OBJECT && isInputObjectType(getNamedType(expected.type));
  return isInput && !path ? message : mustHaveType(expected.place, expected.type, originalError);
}

/** Tells whether a syntax error is about a string, a number, or an escape sequence. graphql-js repeats these. */
function pointsAtValue({ source, positions }: GraphQLError): boolean {
  return /["\\\d-]/.test(source?.body.charAt(positions?.[0] ?? 0) ?? "");
}
