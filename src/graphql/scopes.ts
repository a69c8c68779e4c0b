/** Authorization: one decorator names the scope that a field or an entity requires. A field also enforces it. */
import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  visit,
} from "graphql";
import { Extensions, type MiddlewareFn, UseMiddleware } from "type-graphql";
import { type Caller, type Principal, type Scope, isIdentified } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { MissingScope, PublicError, WITH_200 } from "./public-error.ts";

interface RequiredScope {
  scope: Scope;
  /** True when a caller without the scope may ask too. The resolver then compares the owner of the result. */
  orOwner: boolean;
}

/** Requires a scope for a field, or for references, which resolveReferences checks. `orOwner`: the owning client needs none. */
export function RequiresScope(scope: Scope, { orOwner = false } = {}): ClassDecorator & MethodDecorator {
  const check: MiddlewareFn<Context> = ({ context: { caller } }, next) => {
    if (orOwner) principalIn(caller);
    else checkScope(caller, scope);
    return next();
  };
  return (target: object, field?: string | symbol) => {
    Extensions({ requiredScope: { scope, orOwner } satisfies RequiredScope })(target, field!);
    if (field !== undefined) UseMiddleware(check)(target, field);
  };
}

/** Appends the required scope to each description. Returns them by coordinate. Throws when a root field or an entity has none. */
export function describeRequiredScopes(schema: GraphQLSchema): Map<string, RequiredScope> {
  const requiredScopes = new Map<string, RequiredScope>();
  const roots = new Set<unknown>([schema.getQueryType(), schema.getMutationType()]);
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    if (type.astNode?.directives?.some(({ name }) => name.value === "key"))
      describe(type.name, type, "A reference to it requires");
    for (const field of Object.values(type.getFields()))
      if (roots.has(type) || field.extensions["requiredScope"])
        describe(`${type.name}.${field.name}`, field, "Requires");
  }
  return requiredScopes;

  function describe(
    coordinate: string,
    described: GraphQLObjectType | GraphQLField<unknown, unknown>,
    verb: string,
  ): void {
    const required = described.extensions["requiredScope"] as RequiredScope | undefined;
    if (!required) throw new Error(`${coordinate} requires no scope`);
    const exception = required.orOwner ? ", unless the caller is the client that sent the request" : "";
    described.description = `${described.description} ${verb} the scope \`${required.scope}\`${exception}.`;
    requiredScopes.set(coordinate, required);
  }
}

/** Identity of the caller. Throws the code of a caller without one. */
export function principalIn(caller: Caller): Principal {
  if (!isIdentified(caller)) throw new PublicError(caller.code, WITH_200);
  return caller;
}

/** Throws the code of a caller without an identity, and FORBIDDEN for a caller without the scope. */
export function checkScope(caller: Caller, scope: Scope): void {
  if (!principalIn(caller).scopes.has(scope)) throw new MissingScope(scope);
}

/** Passes the owner and callers with the scope. Others cannot tell a foreign result from a missing one. */
export function checkOwner(ownerId: string | undefined, caller: Caller, scope: Scope): void {
  if (principalIn(caller).clientId !== ownerId) checkScope(caller, scope);
}

/** Root fields that show the schema. `_service` of Federation answers even where introspection is off. */
const SCHEMA_FIELDS = new Set(["__schema", "__type", "_service"]);

/** True when any operation of a document asks for the schema. */
export function asksForSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, { Field: ({ name }) => void (asks ||= SCHEMA_FIELDS.has(name.value)) });
  return asks;
}
