import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';

/** More tokens than any hand-written operation has; definitions travel as variables, which don't count. */
export const maxTokens = 15_000;

export type Checked = { readonly document: DocumentNode } | { readonly errors: readonly GraphQLError[] };

/** Longer texts are not kept: they are rare, and a few of them would fill the memory. */
const longestKept = 20_000;
const mostKept = 500;

/**
 * Parses and validates operations that come over WebSockets, once for all clients that send the same text: a dashboard that is open in
 * a thousand browsers subscribes with one document. (Over HTTP Apollo keeps its own.)
 */
export function createDocuments(schema: GraphQLSchema, introspection = true): (text: string) => Checked {
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const kept = new Map<string, Checked>();
  return (text) => {
    const known = kept.get(text);
    if (known) {
      // A Map iterates in the order of insertion; putting a used entry last makes its first entry the least recently used one.
      kept.delete(text);
      kept.set(text, known);
      return known;
    }
    const checked = check(schema, rules, text);
    if (text.length <= longestKept) {
      kept.set(text, checked);
      if (kept.size > mostKept) kept.delete(kept.keys().next().value ?? '');
    }
    return checked;
  };
}

function check(schema: GraphQLSchema, rules: typeof specifiedRules, text: string): Checked {
  try {
    const document = parse(text, { maxTokens });
    const errors = validate(schema, document, rules);
    if (errors.length === 0) return { document };
    return { errors: errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')) };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { errors: [withCode(error, 'GRAPHQL_PARSE_FAILED')] };
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    extensions: { ...error.extensions, code },
  });
}
