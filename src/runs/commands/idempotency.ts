import { createHash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonicalJson';
import { sqlState, violatedConstraint } from '../../kernel/database/database';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { findIdempotencyKey } from './idempotencyKeys.store';
import { type IdempotencyKey, ONE_REQUEST } from './idempotencyKeys.table';

/** A key, and the hash of the request that it stands for. */
export type KeyedRequest = Pick<IdempotencyKey, 'applicationId' | 'key' | 'hash'>;

/** Null without a key. Data that a client sends only to find its response again is not part of the request. */
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
 * Carries out a command once for its key. The same request again gets what the first one made; another request with the
 * key is refused. Of two at once, one breaks the key's constraint, is rolled back, and gets the answer of the other.
 */
export async function once<T>(
  app: App,
  request: KeyedRequest | null,
  /** What the key stood for before. */
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
    // The command may have been refused because the first request with the key was carried out while it waited.
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
