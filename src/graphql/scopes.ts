/** Who may do what: one decorator names a scope, and this module enforces it, in one place for all that can be asked. */
import {
  type ConstDirectiveNode,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type ScalarTypeDefinitionNode,
  isObjectType,
  parse,
  print,
  visit,
} from "graphql";
import { Extensions } from "type-graphql";
import type { ErrorCode } from "../errors.ts";
import type { Principal, Scope } from "../identity/principal.ts";

export interface Demand {
  scope: Scope;
  /** Whether somebody without the scope may ask, because the resolver decides by what it finds. */
  orOwner: boolean;
}

/** The scope that a root field or an entity demands. `orOwner`: or to be the client that owns what is asked for. */
export function Demands(scope: Scope, { orOwner = false } = {}): ClassDecorator & MethodDecorator {
  return Extensions({ demand: { scope, orOwner } satisfies Demand });
}

/** Root fields and entities by their schema coordinates, with what each demands. Throws where one demands nothing. */
function demandsOf(schema: GraphQLSchema): Map<string, Demand> {
  const demands = new Map<string, Demand>();
  const note = (coordinate: string, extensions: { demand?: unknown }) => {
    if (!extensions.demand) throw new Error(`${coordinate} demands no scope`);
    demands.set(coordinate, extensions.demand as Demand);
  };
  for (const root of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(root?.getFields() ?? {}))
      note(`${root?.name}.${field.name}`, field.extensions);
  }
  for (const type of Object.values(schema.getTypeMap())) {
    const isEntity = isObjectType(type) && type.astNode?.directives?.some(({ name }) => name.value === "key");
    if (isEntity) note(type.name, type.extensions);
  }
  return demands;
}

/** Appends to each description the scope that is needed. Returns what the schema demands. */
export function describeDemands(schema: GraphQLSchema): Map<string, Demand> {
  const demands = demandsOf(schema);
  for (const [coordinate, { scope, orOwner }] of demands) {
    const [typeName = "", fieldName] = coordinate.split(".");
    const type = schema.getType(typeName);
    if (!isObjectType(type)) continue;
    const described = fieldName === undefined ? type : type.getFields()[fieldName]!;
    const who = orOwner ? `\`${scope}\`, or to be the client that made it` : `\`${scope}\``;
    const what = fieldName === undefined ? "A reference to it needs" : "Needs";
    described.description = `${described.description} ${what} the scope ${who}.`;
  }
  return demands;
}

export interface WithCaller {
  caller: Principal | null;
}

/** Throws UNAUTHENTICATED when nobody is known to call, FORBIDDEN when who calls may not. */
export function checkScope({ caller }: WithCaller, scope: Scope): void {
  checkCaller(caller);
  if (!caller.scopes.has(scope)) throw refusal("FORBIDDEN");
}

export function checkCaller(caller: Principal | null): asserts caller is Principal {
  if (!caller) throw refusal("UNAUTHENTICATED");
}

/** Lets pass who has the scope or owns it. To others what is not there looks as what is not theirs. */
export function checkOwner(ownerId: string | undefined, caller: Principal | null, scope: Scope): void {
  if (caller?.clientId !== ownerId || ownerId === undefined) checkScope({ caller }, scope);
}

/** The client that calls, where the field's demand has made sure that there is one. */
export function clientIdOf(caller: Principal | null): string {
  checkCaller(caller);
  return caller.clientId;
}

function refusal(code: ErrorCode & ("UNAUTHENTICATED" | "FORBIDDEN")): GraphQLError {
  // HTTP 200, also where the whole operation is refused: a router takes another status for a broken transport.
  return new GraphQLError(code, { extensions: { code, http: { status: 200 } } });
}

/** A root field's resolver. */
export type Resolver = GraphQLFieldResolver<unknown, WithCaller>;

/** A resolver that runs only for who may ask. Where an owner may too, the resolver itself decides about others. */
export function guarded(demand: Demand, resolve: Resolver): Resolver {
  return (source, args, context, info) => {
    if (demand.orOwner) checkCaller(context.caller);
    else checkScope(context, demand.scope);
    return resolve(source, args, context, info);
  };
}

/**
 * The SDL with `@requiresScopes` on the root fields, or `@authenticated` where an owner may ask too. Never on entities:
 * a router would then refuse fields that other subgraphs add to them.
 */
export function sdlWithScopes(sdl: string, demands: ReadonlyMap<string, Demand>): string {
  const printed = visit(parse(sdl), {
    ObjectTypeDefinition(type) {
      const fields = type.fields?.map((field) => {
        const demand = demands.get(`${type.name.value}.${field.name.value}`);
        return demand
          ? { ...field, directives: [...(field.directives ?? []), routerDirective(demand)] }
          : field;
      });
      return { ...type, ...(fields && { fields }) };
    },
  });
  return print(printed).replace('import: ["@key"', 'import: ["@authenticated", "@requiresScopes", "@key"');
}

function routerDirective({ scope, orOwner }: Demand): ConstDirectiveNode {
  const directive = orOwner ? "@authenticated" : `@requiresScopes(scopes: [["${scope}"]])`;
  const [type] = parse(`scalar Any ${directive}`).definitions;
  return (type as ScalarTypeDefinitionNode).directives![0]!;
}
