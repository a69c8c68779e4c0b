/**
 * Weight of an operation before it runs: what each field may have, times the length of the lists around it. `@cost` and
 * `@listSize` show the weights of fields (https://ibm.github.io/graphql-specs/cost-spec.html).
 */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLString,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
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
import { Directive, Extensions } from "type-graphql";
import { BYTES_A_WEIGHT } from "../request-load.ts";
import { LIMITS } from "../tickets/fields/rules.ts";

/** Bytes of the largest characters. */
const BYTES_A_CHARACTER = 4;

export const weightOfText = (characters: number) => Math.ceil((characters * BYTES_A_CHARACTER) / BYTES_A_WEIGHT);

export const WEIGHTS = {
  line: weightOfText(LIMITS.oneLine),
  longText: weightOfText(LIMITS.longText),
  /** A ticket, a submission or a resolution, which is read from the ledger, beside its fields. */
  read: 40,
  /** A list of submissions, which may look through the whole ledger. */
  search: 6000,
  /** A mutation that calls Sociomile. */
  call: 100,
} as const;

/** Weight of a field beside the fields in it, or a function that gives the weight of all. */
export type Complexity =
  number | ((asked: { args: Readonly<Record<string, unknown>>; childComplexity: number }) => number);

/** Weight of what is read for each item of an argument that is a list. `most`: items beyond these are not read. */
export const weightOfEach =
  (argument: string, most = Infinity): Complexity =>
  ({ args, childComplexity }) => {
    const { [argument]: items } = args;
    const count = Array.isArray(items) ? Math.min(items.length, most) : 1;
    return WEIGHTS.read + count * (WEIGHTS.read + childComplexity);
  };

type FieldMark = MethodDecorator & PropertyDecorator;

export const Weighs = (complexity: Complexity): FieldMark => Extensions({ complexity });

/** Marks a field that weighs more than others of its type. */
export const Costs =
  (weight: number): FieldMark =>
  (target: object, field: string | symbol) => {
    Directive(`@cost(weight: ${weight})`)(target, field);
    Weighs(weight)(target, field);
  };

/** Marks a list that has at most so many items. */
export const ListOf =
  (items: number, weightOfItem: number = 1, weightOfList: number = WEIGHTS.read): FieldMark =>
  (target: object, field: string | symbol) => {
    Directive(`@listSize(assumedSize: ${items})`)(target, field);
    Weighs(({ childComplexity }) => weightOfList + items * (weightOfItem + childComplexity))(target, field);
  };

/** Most that an operation, or a list of them, may weigh. */
export const MAX_WEIGHT = 180_000;
/** Times that a federated trace multiplies a weight: it describes each field. */
export const TRACED = 4;

type Variables = Readonly<Record<string, unknown>>;

/** Weight of an operation. `isFixed`: other variables would not change it. */
export interface Weighed {
  weight: number;
  isFixed: boolean;
}

type AnyField = GraphQLField<unknown, unknown>;

/** Mean number of items of an introspection field, by name. Most lists are null for most types. */
const ITEMS: Readonly<Record<string, number>> = {
  types: 80,
  directives: 20,
  fields: 5,
  enumValues: 3,
  inputFields: 2,
  ofType: 0.5,
};
const ITEMS_OF_OTHERS = 0.5;

/** Makes the function that weighs an operation of a document. Unknown fields weigh nothing: they are refused later. */
export function createWeigher(
  schema: GraphQLSchema,
  complexityOf: (type: string, field: string) => Complexity | undefined,
) {
  const typeNamed = (node: NamedTypeNode | undefined) => node && schema.getType(node.name.value);
  return (operation: OperationDefinitionNode, document: DocumentNode, given: Variables): Weighed => {
    /** Weights of fragments, each weighed once: expanding them all could take years. */
    const fragments = new Map<string, number>();
    const variables = { ...defaultsOf(operation), ...given };
    let isFixed = true;
    const weight = weighAll(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
    return { weight, isFixed };

    function weighAll({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined): number {
      return selections.reduce((sum, selection) => sum + weighSelection(selection, type), 0);
    }

    function weighSelection(selection: SelectionNode, type: GraphQLNamedType | undefined): number {
      if (selection.kind === Kind.FIELD) return weighField(selection, type);
      if (selection.kind === Kind.FRAGMENT_SPREAD) return weighFragment(selection.name.value);
      return weighAll(selection.selectionSet, typeNamed(selection.typeCondition) ?? type);
    }

    function weighFragment(name: string): number {
      const known = fragments.get(name);
      if (known !== undefined) return known;
      const fragment = document.definitions
        .filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
        .find((each) => each.name.value === name);
      const found = fragment ? weighAll(fragment.selectionSet, typeNamed(fragment.typeCondition)) : 0;
      fragments.set(name, found);
      return found;
    }

    function weighField(node: FieldNode, type: GraphQLNamedType | undefined): number {
      const field = fieldOf(type, node.name.value);
      if (!field) return 1;
      const childComplexity = node.selectionSet ? weighAll(node.selectionSet, getNamedType(field.type)) : 0;
      const complexity = complexityOf(type!.name, field.name) ?? usualOf(type!, field);
      if (typeof complexity === "number") return complexity + childComplexity;
      isFixed &&= !hasVariables(node);
      return complexity({ args: argumentsOf(field, node, variables), childComplexity });
    }
  };
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  const withDefault = variableDefinitions.filter(({ defaultValue }) => defaultValue);
  return Object.fromEntries(
    withDefault.map(({ variable, defaultValue }) => [variable.name.value, valueFromASTUntyped(defaultValue!)]),
  );
}

/** Fields of a type by their names. `__schema` and `__type` are nowhere listed. */
function fieldOf(type: GraphQLNamedType | undefined, name: string): AnyField | undefined {
  const unlisted = [SchemaMetaFieldDef, TypeMetaFieldDef].find((field) => field.name === name);
  return unlisted ?? (isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined);
}

/** Weight of a field that declares none. */
function usualOf(type: GraphQLNamedType, { name, type: of }: AnyField): Complexity {
  if (isIntrospectionType(type)) {
    const items = ITEMS[name] ?? (isListType(getNullableType(of)) ? ITEMS_OF_OTHERS : 1);
    return ({ childComplexity }) => items * (1 + childComplexity);
  }
  return getNamedType(of) === GraphQLString ? WEIGHTS.line : 1;
}

const hasVariables = ({ arguments: args = [] }: FieldNode): boolean =>
  args.some(({ value }) => value.kind === Kind.VARIABLE || value.kind === Kind.LIST);

function argumentsOf({ args }: AnyField, node: FieldNode, variables: Variables): Record<string, unknown> {
  const given = new Map(node.arguments?.map(({ name, value }) => [name.value, value]));
  return Object.fromEntries(
    args.map(({ name, defaultValue }) => {
      const value = given.get(name);
      return [name, (value && valueFromASTUntyped(value, variables)) ?? defaultValue];
    }),
  );
}
