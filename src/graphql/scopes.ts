/** Authorization: one decorator names the scope that a root field or an entity requires, and this module enforces it. */
import {
  type ConstDirectiveNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type ScalarTypeDefinitionNode,
  isObjectType,
  parse,
  print,
  visit,
} from "graphql";
import { Extensions } from "type-graphql";
import type { Caller, Principal, Scope, Unidentified } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { PublicError } from "./public-error.ts";

export interface RequiredScope {
  scope: Scope;
  /** True when a caller without the scope may ask too. The resolver then compares the owner of the result. */
  orOwner: boolean;
}

/** Requires a scope for a field or an entity. `orOwner`: the client that owns the result needs no scope. */
export function RequiresScope(scope: Scope, { orOwner = false } = {}): ClassDecorator & MethodDecorator {
  return Extensions({ requiredScope: { scope, orOwner } satisfies RequiredScope });
}

/** Required scopes of fields and entities, by schema coordinate. Throws when a root field or an entity requires none. */
function requiredScopesOf(schema: GraphQLSchema): Map<string, RequiredScope> {
  const requiredScopes = new Map<string, RequiredScope>();
  const add = (coordinate: string, extensions: { requiredScope?: unknown }) => {
    if (!extensions.requiredScope) throw new Error(`${coordinate} requires no scope`);
    requiredScopes.set(coordinate, extensions.requiredScope as RequiredScope);
  };
  const roots = new Set<unknown>([schema.getQueryType(), schema.getMutationType()]);
  for (const root of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(root?.getFields() ?? {}))
      add(`${root?.name}.${field.name}`, field.extensions);
  }
  for (const type of Object.values(schema.getTypeMap())) {
    const isEntity = isObjectType(type) && type.astNode?.directives?.some(({ name }) => name.value === "key");
    if (isEntity) add(type.name, type.extensions);
    if (!isObjectType(type) || roots.has(type)) continue;
    for (const field of Object.values(type.getFields()))
      if (field.extensions["requiredScope"]) add(`${type.name}.${field.name}`, field.extensions);
  }
  return requiredScopes;
}

/** Appends the required scope to each description. Returns the required scopes by schema coordinate. */
export function describeRequiredScopes(schema: GraphQLSchema): Map<string, RequiredScope> {
  const requiredScopes = requiredScopesOf(schema);
  for (const [coordinate, { scope, orOwner }] of requiredScopes) {
    const [typeName = "", fieldName] = coordinate.split(".");
    const type = schema.getType(typeName);
    if (!isObjectType(type)) continue;
    const described = fieldName === undefined ? type : type.getFields()[fieldName]!;
    const verb = fieldName === undefined ? "A reference to it requires" : "Requires";
    const exception = orOwner ? ", unless the caller is the client that sent the request" : "";
    described.description = `${described.description} ${verb} the scope \`${scope}\`${exception}.`;
  }
  return requiredScopes;
}

export interface WithCaller {
  caller: Caller;
}

/** Throws the code of a caller without an identity, and FORBIDDEN for a caller without the scope. */
export function checkScope({ caller }: WithCaller, scope: Scope): void {
  checkCaller(caller);
  if (!caller.scopes.has(scope)) throw refusal("FORBIDDEN");
}

export function checkCaller(caller: Caller): asserts caller is Principal {
  if (typeof caller === "string") throw refusal(caller);
}

/** Passes the owner and callers with the scope. Others cannot tell a foreign result from a missing one. */
export function checkOwner(ownerId: string | undefined, caller: Caller, scope: Scope): void {
  if (principalIn(caller).clientId !== ownerId) checkScope({ caller }, scope);
}

/** Identity of the caller. The scope check of the field has made sure that there is one. */
export function principalIn(caller: Caller): Principal {
  checkCaller(caller);
  return caller;
}

function refusal(code: Unidentified | "FORBIDDEN"): PublicError {
  // HTTP 200, even when the whole operation is refused: a router treats another status as a transport failure.
  return new PublicError(code, { extensions: { http: { status: 200 } } });
}

/** Resolver of a root field. */
export type Resolver = GraphQLFieldResolver<unknown, Context>;

/** Wraps a resolver so that it runs only for callers with the scope. With `orOwner` the resolver itself checks the owner. */
export function withScopeCheck({ scope, orOwner }: RequiredScope, resolve: Resolver): Resolver {
  return (source, args, context, info) => {
    if (orOwner) checkCaller(context.caller);
    else checkScope(context, scope);
    return resolve(source, args, context, info);
  };
}

/**
 * Adds `@requiresScopes` to the root fields of the SDL, or `@authenticated` where an owner may ask too. Entities and their fields
 * get no directive: a router would then refuse the fields that other subgraphs add to them.
 */
export function sdlWithScopes(sdl: string, requiredScopes: ReadonlyMap<string, RequiredScope>): string {
  const printed = visit(parse(sdl), {
    ObjectTypeDefinition(type) {
      if (type.name.value !== "Query" && type.name.value !== "Mutation") return undefined;
      const fields = type.fields?.map((field) => {
        const required = requiredScopes.get(`${type.name.value}.${field.name.value}`);
        return required
          ? { ...field, directives: [...(field.directives ?? []), routerDirective(required)] }
          : field;
      });
      return { ...type, ...(fields && { fields }) };
    },
  });
  return print(printed).replace('import: ["@key"', 'import: ["@authenticated", "@requiresScopes", "@key"');
}

function routerDirective({ scope, orOwner }: RequiredScope): ConstDirectiveNode {
  const directive = orOwner ? "@authenticated" : `@requiresScopes(scopes: [["${scope}"]])`;
  const [type] = parse(`scalar Any ${directive}`).definitions;
  return (type as ScalarTypeDefinitionNode).directives![0]!;
}
