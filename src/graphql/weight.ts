/**
 * Weight of an operation, which its document tells before it runs: what each field may hold, times the length of the lists around it. A document is
 * looked through once. Directives do not count, so that the weight is the most.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLString,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  getNamedType,
  isListType,
  getNullableType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  valueFromASTUntyped,
} from "graphql";
import { type Complexity, WEIGHTS } from "./types/weights.ts";

/** Most that an operation, or a list of them, may weigh. */
export const MAX_WEIGHT = 200_000;
/** Times that a federated trace multiplies a weight: it describes each field. */
export const TRACED = 4;

export type Variables = Readonly<Record<string, unknown>>;
/** Weight, or how variables decide it. */
export type Weight = number | ((variables: Variables) => number);

export const weightWith = (weight: Weight, variables: Variables): number =>
  typeof weight === "number" ? weight : weight(variables);

/** Mean number of what a field of introspection holds, by name. Most lists are null for most types. */
const ITEMS_OF_INTROSPECTION: Readonly<Record<string, number>> = {
  types: 80,
  directives: 20,
  fields: 5,
  enumValues: 3,
  inputFields: 2,
  ofType: 0.5,
};
const ITEMS_OF_OTHERS = 0.5;

/** Makes the function that weighs an operation of a document. Fields that the schema does not have weigh nothing: they are refused later. */
export function createWeigher(
  schema: GraphQLSchema,
  complexityOf: (type: string, field: string) => Complexity | undefined,
) {
  return (operation: OperationDefinitionNode, document: DocumentNode): Weight => {
    const fragments = new Map<string, Weight>();
    const definitions = new Map(
      document.definitions
        .filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
        .map((each): [string, FragmentDefinitionNode] => [each.name.value, each]),
    );
    const defaults = Object.fromEntries(
      (operation.variableDefinitions ?? [])
        .filter(({ defaultValue }) => defaultValue)
        .map(({ variable, defaultValue }) => [variable.name.value, valueFromASTUntyped(defaultValue!)]),
    );
    const ofAll = weighAll(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
    return typeof ofAll === "number" ? ofAll : (variables) => ofAll({ ...defaults, ...variables });

    function weighAll({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined): Weight {
      return sumOf(
        selections.map((selection) => {
          if (selection.kind === Kind.FIELD) return weighField(selection, type);
          if (selection.kind === Kind.FRAGMENT_SPREAD) return weighFragment(selection.name.value);
          const { typeCondition } = selection;
          return weighAll(
            selection.selectionSet,
            typeCondition ? schema.getType(typeCondition.name.value) : type,
          );
        }),
      );
    }

    function weighFragment(name: string): Weight {
      const known = fragments.get(name);
      if (known !== undefined) return known;
      const fragment = definitions.get(name);
      const weight = fragment
        ? weighAll(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value))
        : 0;
      fragments.set(name, weight);
      return weight;
    }

    function weighField(node: FieldNode, type: GraphQLNamedType | undefined): Weight {
      const field = fieldOf(type, node.name.value);
      if (!field) return 1;
      const within = node.selectionSet ? weighAll(node.selectionSet, getNamedType(field.type)) : 0;
      const complexity = complexityOf(type!.name, field.name) ?? usualOf(type!, field);
      if (typeof complexity === "number") return sumOf([complexity, within]);
      const estimate = (variables: Variables) =>
        complexity({
          args: argumentsOf(field, node, variables),
          childComplexity: weightWith(within, variables),
        });
      const isFixed = typeof within === "number" && !hasVariables(node);
      return isFixed ? estimate(defaults) : estimate;
    }
  };
}

function sumOf(weights: readonly Weight[]): Weight {
  const fixed = weights.reduce<number>((sum, weight) => (typeof weight === "number" ? sum + weight : sum), 0);
  const varying = weights.filter((weight) => typeof weight === "function");
  if (varying.length === 0) return fixed;
  return (variables) => varying.reduce((sum, weight) => sum + weight(variables), fixed);
}

function fieldOf(
  type: GraphQLNamedType | undefined,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

/** Weight of a field that declares none. */
function usualOf(type: GraphQLNamedType, { name, type: of }: GraphQLField<unknown, unknown>): Complexity {
  if (isIntrospectionType(type)) {
    const items = ITEMS_OF_INTROSPECTION[name] ?? (isListType(getNullableType(of)) ? ITEMS_OF_OTHERS : 1);
    return ({ childComplexity }) => items * (1 + childComplexity);
  }
  return getNamedType(of) === GraphQLString ? WEIGHTS.line : 1;
}

const hasVariables = ({ arguments: args = [] }: FieldNode): boolean =>
  args.some(({ value }) => value.kind === Kind.VARIABLE || value.kind === Kind.LIST);

function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  { arguments: args = [] }: FieldNode,
  variables: Variables,
) {
  const given = new Map(args.map(({ name, value }) => [name.value, value]));
  return Object.fromEntries(
    field.args.map(({ name, defaultValue }) => {
      const value = given.get(name);
      return [name, value ? (valueFromASTUntyped(value, variables) ?? defaultValue) : defaultValue];
    }),
  );
}
