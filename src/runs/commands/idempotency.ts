import { createHash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonicalJson';
import { sqlState, violatedConstraint } from '../../kernel/database/database';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { findIdempotencyKey } from './idempotencyKeys.store';
import { type IdempotencyKey, ONE_REQUEST } from './idempotencyKeys.table';

/** A key, and the hash of the request that it identifies. */
export type KeyedRequest = Pick<IdempotencyKey, 'applicationId' | 'key' | 'hash'>;

/** Null without a key. Data that a client sends only to match its response is not part of the request. */
export function keyedRequest(
  applicationId: string,
  verb: string,
  input: { readonly idempotencyKey?: string | null },
): KeyedRequest | null {
  const { idempotencyKey: key, ...rest } = input;
  if (key == null) return null;
  const asked = Object.entries(rest).filter(([name, value]) => name !== 'clientMutationId' && value != null);
  const hash = createHash('sha256')
    .update(canonicalJson([verb, Object.fromEntries(asked)]))
    .digest('hex');
  return { applicationId, key, hash };
}

/**
 * Runs a command once per key. A repeat of the same request returns the result of the first; another request with the
 * same key is an error. If two run concurrently, one violates the key's constraint, is rolled back, and returns the
 * result of the other.
 */
export async function once<T>(
  app: App,
  request: KeyedRequest | null,
  /** Request that the key identified before. */
  before: IdempotencyKey | undefined,
  again: (known: IdempotencyKey) => Promise<T>,
  work: () => Promise<T>,
): Promise<T> {
  if (request === null) return work();
  const answer = (known: IdempotencyKey | undefined) => {
    if (known === undefined || known.hash === request.hash) return known;
    const message = `This idempotency key was already used for another request, on execution ${known.executionId}.`;
    throw new Refusal('IDEMPOTENCY_CONFLICT', message, { executionId: known.executionId });
  };
  const known = answer(before);
  if (known !== undefined) return again(known);
  try {
    return await work();
  } catch (error) {
    // The command may have been refused because the first request with the key completed while this one waited.
    const taken = sqlState(error) === '23505' && violatedConstraint(error) === ONE_REQUEST;
    const { applicationId, key } = request;
    const meanwhile =
      taken || error instanceof Refusal
        ? answer(await findIdempotencyKey(app.database, applicationId, key))
        : undefined;
    if (meanwhile === undefined) throw error;
    return again(meanwhile);
  }
}
