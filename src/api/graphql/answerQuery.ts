import { type GraphQLFormattedError, type GraphQLSchema, getOperationAST, OperationTypeNode } from 'graphql';
import { Refusal } from '../../kernel/errors';
import type { Documents } from './documents';
import type { Execute } from './executor';
import type { Limits, OperationCost } from './limits';

interface Options {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly limits: Limits;
  readonly execute: Execute;
  readonly formatError: (error: unknown) => GraphQLFormattedError;
}

/** Parts of a request's body, checked to the same degree as in Apollo Server. */
interface Asked {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

/** Response to a query, in JSON. */
export interface QueryAnswer {
  readonly text: string;
  /** Name of the query. */
  readonly name: string | null;
  readonly errors: readonly GraphQLFormattedError[];
}

/**
 * Answers a valid query over HTTP without Apollo Server, which would take longer than a small query itself. Returns
 * undefined for anything else: a mutation, a body that GraphQL over HTTP does not allow, or a query that is invalid or
 * too large.
 */
export const createAnswerQuery =
  ({ schema, documents, limits, execute, formatError }: Options) =>
  async (body: unknown, contextOf: () => object): Promise<QueryAnswer | undefined> => {
    if (!isAsked(body)) return undefined;
    const { query, operationName = null, variables = null } = body;
    const checked = documents(query);
    if ('errors' in checked) return undefined;
    const { document } = checked;
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.QUERY) return undefined;
    const cost = costWithin(limits, document, operationName, variables);
    if (cost === undefined) return undefined;
    const args = { schema, document, operationName, variableValues: variables, contextValue: contextOf() };
    const { data, errors } = await execute(args);
    // The variables are invalid.
    if (data === undefined) return undefined;
    const name = operation.name?.value ?? null;
    if (errors === undefined) return { text: JSON.stringify({ data, extensions: { cost } }), name, errors: [] };
    const shown = errors.map(formatError);
    return { text: JSON.stringify({ errors: shown, data, extensions: { cost } }), name, errors: shown };
  };

function costWithin(limits: Limits, ...operation: Parameters<Limits['check']>): OperationCost | undefined {
  try {
    return limits.check(...operation);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function isAsked(body: unknown): body is Asked {
  if (!isRecord(body)) return false;
  const { query, operationName, variables, extensions } = body;
  return (
    typeof query === 'string' &&
    (operationName == null || typeof operationName === 'string') &&
    (variables == null || isRecord(variables)) &&
    (extensions == null || (isRecord(extensions) && !('persistedQuery' in extensions)))
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
