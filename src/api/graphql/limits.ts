import { type DocumentNode, type GraphQLSchema, getOperationAST } from 'graphql';
import { LRUCache } from 'lru-cache';
import { Refusal } from '../../kernel/errors';
import { type Measures, measureOperation } from './measureOperation';

export interface LimitOptions {
  readonly maxDepth?: number;
  readonly maxCost?: number;
}

/** Cost of an operation and its limit; in the response's `extensions.cost`. */
export interface OperationCost {
  readonly requested: number;
  readonly limit: number;
}

export interface Limits {
  /**
   * Checks a validated operation before it is executed. Throws QUERY_TOO_LARGE, QUERY_TOO_DEEP or QUERY_TOO_COSTLY.
   * Returns nothing if the document lacks the operation, which is an error of the execution.
   */
  check(
    document: DocumentNode,
    operationName: string | null | undefined,
    variables: Readonly<Record<string, unknown>> | null | undefined,
  ): OperationCost | undefined;
}

/** Far more than any client needs. Tokens have a separate limit (documents.ts). */
const most = { rootFields: 30, aliases: 60, directives: 60 } as const;
/** Number of costs kept per operation, for different sizes of its lists. */
const mostKept = 50;

interface Known {
  readonly measures: Measures;
  readonly costs: LRUCache<string, number>;
}

/**
 * Limits on operations, the same for every transport. Measures are kept per document, which is the same object each
 * time a client sends the same text: after the first time, a check takes two look-ups.
 */
export function createLimits(schema: GraphQLSchema, { maxDepth = 15, maxCost = 500_000 }: LimitOptions = {}): Limits {
  const documents = new WeakMap<DocumentNode, Map<string, Known>>();

  function measured(document: DocumentNode, name: string | null | undefined): Known | undefined {
    let operations = documents.get(document);
    if (operations === undefined) {
      operations = new Map();
      documents.set(document, operations);
    }
    const known = operations.get(name ?? '');
    if (known !== undefined) return known;
    const operation = getOperationAST(document, name);
    if (!operation) return undefined;
    const made = {
      measures: measureOperation(schema, document, operation),
      costs: new LRUCache<string, number>({ max: mostKept }),
    };
    operations.set(name ?? '', made);
    return made;
  }

  return {
    check(document, operationName, variables) {
      const known = measured(document, operationName);
      if (known === undefined) return undefined;
      const { measures } = known;
      for (const part of ['rootFields', 'aliases', 'directives'] as const) {
        if (measures[part] > most[part]) throw tooLarge(part, measures[part]);
      }
      if (measures.depth > maxDepth) throw tooDeep(measures.depth, maxDepth);
      const requested = costOf(known, variables ?? {});
      if (requested > maxCost) throw tooCostly(requested, maxCost);
      return { requested, limit: maxCost };
    },
  };
}

function costOf({ measures, costs }: Known, variables: Readonly<Record<string, unknown>>): number {
  const key = measures.sizeVariables.map((name) => String(variables[name])).join(' ');
  const known = costs.get(key);
  if (known !== undefined) return known;
  const cost = measures.cost(variables);
  if (key.length <= 200) costs.set(key, cost);
  return cost;
}

const words = { rootFields: 'fields at its root', aliases: 'aliases', directives: 'directives' } as const;

function tooLarge(part: keyof typeof most, requested: number): Refusal {
  const message = `The operation has ${requested} ${words[part]}; at most ${most[part]} are allowed.`;
  return new Refusal('QUERY_TOO_LARGE', message, { part, requested, limit: most[part] });
}

function tooDeep(requested: number, limit: number): Refusal {
  const message = `The operation is ${requested} levels of fields deep; at most ${limit} are allowed.`;
  return new Refusal('QUERY_TOO_DEEP', message, { requested, limit });
}

function tooCostly(requested: number, limit: number): Refusal {
  const message = `The operation may return up to ${requested} objects; at most ${limit} are allowed. Request shorter pages, or less inside of lists.`;
  return new Refusal('QUERY_TOO_COSTLY', message, { requested, limit });
}
