import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';

/** More tokens than any hand-written operation has; definitions are variables, which don't count. */
export const maxTokens = 15_000;

export type Checked = { readonly document: DocumentNode } | { readonly errors: readonly GraphQLError[] };

/** Parses and validates the text of an operation. */
export type Documents = (text: string) => Checked;

/**
 * Parses and validates each operation once for all clients that send the same text: a dashboard open in a thousand
 * browsers subscribes with one document. Long texts are rare and would fill the memory, so they are not kept.
 */
export function createDocuments(schema: GraphQLSchema, introspection = true): Documents {
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const kept = new LRUCache<string, Checked>({
    max: 500,
    maxEntrySize: 20_000,
    sizeCalculation: (_checked, text) => text.length + 1,
    memoMethod: (text) => check(schema, rules, text),
  });
  return (text) => kept.memo(text);
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
