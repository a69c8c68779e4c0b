import {
  type ASTVisitor,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from "graphql";
import { ERRORS, type ErrorCode } from "../../errors.ts";

/** How large a document may be. `tokens` are lexical; the others count with every fragment written out. */
export const DOCUMENT_LIMITS = { tokens: 2000, depth: 8, aliases: 15, rootFields: 10 } as const;

interface Measures {
  /** Fields within fields. What asks for the schema itself is deep by nature, and does not count. */
  depth: number;
  aliases: number;
  /** Fields on the outermost level. */
  fields: number;
}

const NOTHING: Measures = { depth: 0, aliases: 0, fields: 0 };

/** A validation rule: refuses operations that are deeper, have more aliases or more root fields than DOCUMENT_LIMITS. */
export function documentLimits(context: ValidationContext): ASTVisitor {
  const fragments = new Map<string, Measures>();

  function measureAll({ selections }: SelectionSetNode): Measures {
    return selections.map(measure).reduce(joined, NOTHING);
  }

  function measure(selection: SelectionNode): Measures {
    switch (selection.kind) {
      case Kind.FIELD: {
        const within = selection.selectionSet ? measureAll(selection.selectionSet) : NOTHING;
        const isAboutTheSchema = /^__(?:schema|type)$/.test(selection.name.value);
        return {
          depth: isAboutTheSchema ? 0 : within.depth + 1,
          aliases: within.aliases + (selection.alias ? 1 : 0),
          fields: 1,
        };
      }
      case Kind.INLINE_FRAGMENT:
        return measureAll(selection.selectionSet);
      case Kind.FRAGMENT_SPREAD:
        return measureFragment(selection.name.value);
    }
  }

  function measureFragment(name: string): Measures {
    const known = fragments.get(name);
    if (known) return known;
    fragments.set(name, NOTHING); // a fragment within itself is refused by another rule
    const fragment = context.getFragment(name);
    const measures = fragment ? measureAll(fragment.selectionSet) : NOTHING;
    fragments.set(name, measures);
    return measures;
  }

  return {
    OperationDefinition(operation) {
      const { depth, aliases, fields } = measureAll(operation.selectionSet);
      if (depth > DOCUMENT_LIMITS.depth) report("DOCUMENT_TOO_DEEP", operation);
      if (aliases > DOCUMENT_LIMITS.aliases) report("TOO_MANY_ALIASES", operation);
      if (fields > DOCUMENT_LIMITS.rootFields) report("TOO_MANY_ROOT_FIELDS", operation);
    },
  };

  function report(code: ErrorCode, operation: OperationDefinitionNode): void {
    context.reportError(new GraphQLError(ERRORS[code].message, { nodes: operation, extensions: { code } }));
  }
}

function joined(a: Measures, b: Measures): Measures {
  return { depth: Math.max(a.depth, b.depth), aliases: a.aliases + b.aliases, fields: a.fields + b.fields };
}
