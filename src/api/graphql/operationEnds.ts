import { type DocumentNode, type GraphQLFormattedError, getOperationAST, type OperationTypeNode } from 'graphql';
import type { Actor } from '../../access/actor';
import type { RequestInfo } from './context';

/** An operation whose response is complete, or a subscription that has begun. */
export interface OperationEnd {
  /** Null for an operation without a name, and for a document that is not valid. */
  readonly name: string | null;
  /** Null for a document that is not valid. */
  readonly kind: `${OperationTypeNode}` | null;
  readonly milliseconds: number;
  readonly errors: readonly GraphQLFormattedError[];
  readonly actor: Actor;
  readonly request: RequestInfo;
}

/** Called for every operation of callers with a valid key. Must be fast and must not throw. */
export type NoteOperation = (end: OperationEnd) => void;

/** Name and kind of the selected operation of a document. */
export function operationOf(
  document: DocumentNode | undefined,
  operationName?: string | null,
): Pick<OperationEnd, 'name' | 'kind'> {
  const operation = document && getOperationAST(document, operationName);
  return { name: operation?.name?.value ?? null, kind: operation?.operation ?? null };
}
