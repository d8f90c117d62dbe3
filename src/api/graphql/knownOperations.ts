import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { invalidInput, Refusal } from '../../kernel/errors';

export interface KnownOperationsOptions {
  /** Texts by hash that every server has: the ready-made operations, and those of a folder. */
  readonly texts: ReadonlyMap<string, string>;
  /** Text that an administrator registered; undefined if there is none. */
  readonly find: (hash: string) => Promise<string | undefined>;
  /** True to refuse every operation that is not known. */
  readonly registeredOnly: boolean;
}

/** Request as it arrives, unchecked. */
interface Asked {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/** A deleted operation is refused after this time at the latest. */
const KNOWN_MS = 1_000;
const MOST_KNOWN = 1_000;
/** Longer texts are sent in full each time, so that they don't fill the memory. */
const LONGEST_LEARNED = 20_000;

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Persisted operations: a request identifies its text by the SHA-256 of the text. Three notations work: Apollo's
 * `extensions.persistedQuery.sha256Hash`, and `documentId` of GraphQL over HTTP with or without `sha256:`. A request
 * with text and hash makes this server remember the text, as clients with automatic persisted queries expect.
 */
export class KnownOperations {
  private readonly found = new LRUCache<string, string>({ max: MOST_KNOWN, ttl: KNOWN_MS });
  private readonly learned = new LRUCache<string, string>({ max: MOST_KNOWN });

  constructor(private readonly options: KnownOperationsOptions) {}

  /**
   * The request with its text. Returns the same object if it needs nothing, and a promise only for what memory does not
   * hold. Throws PERSISTED_QUERY_NOT_FOUND and OPERATION_NOT_REGISTERED.
   */
  resolve<T>(asked: T): T | (T & { readonly query: string }) | Promise<T & { readonly query: string }> {
    if (typeof asked !== 'object' || asked === null) return asked;
    const { query, documentId, extensions } = asked as Asked;
    const text = typeof query === 'string' && query !== '' ? query : undefined;
    if (documentId === undefined && extensions == null && !this.options.registeredOnly) return asked;
    const hash = hashIn(documentId, extensions);
    if (hash === undefined) {
      if (text === undefined || !this.options.registeredOnly) return asked;
      return this.registered(asked, hashOf(text));
    }
    if (text === undefined) return this.registered(asked, hash);
    if (hashOf(text) !== hash) throw wrongHash(hash);
    if (this.options.registeredOnly) return this.registered(asked, hash);
    if (text.length <= LONGEST_LEARNED) this.learned.set(hash, text);
    return withText(asked, text);
  }

  private registered<T>(asked: T, hash: string) {
    const { texts, registeredOnly } = this.options;
    const text = texts.get(hash) ?? this.found.get(hash) ?? (registeredOnly ? undefined : this.learned.get(hash));
    return text === undefined ? this.find(asked, hash) : withText(asked, text);
  }

  private async find<T>(asked: T, hash: string) {
    const text = await this.options.find(hash);
    if (text === undefined) throw this.options.registeredOnly ? notRegistered(hash) : notFound(hash);
    this.found.set(hash, text);
    return withText(asked, text);
  }
}

/** The hash must not reach Apollo Server, whose own persisted queries are off. */
function withText<T>(asked: T, query: string): T & { readonly query: string } {
  const { documentId: _, extensions, ...rest } = asked as Asked;
  const { persistedQuery: __, ...others } = (extensions ?? {}) as Record<string, unknown>;
  return { ...rest, ...(Object.keys(others).length > 0 && { extensions: others }), query } as unknown as T & {
    readonly query: string;
  };
}

function hashIn(documentId: unknown, extensions: unknown): string | undefined {
  const { persistedQuery } = (extensions ?? {}) as { readonly persistedQuery?: unknown };
  if (documentId === undefined && persistedQuery === undefined) return undefined;
  const { sha256Hash } = (persistedQuery ?? {}) as { readonly sha256Hash?: unknown };
  const given = documentId ?? sha256Hash;
  const [, hash] = (typeof given === 'string' && /^(?:sha256:)?([0-9a-f]{64})$/i.exec(given)) || [];
  if (hash !== undefined) return hash.toLowerCase();
  const field = documentId === undefined ? 'extensions.persistedQuery.sha256Hash' : 'documentId';
  const message = `${field} must be the SHA-256 of the operation's text, in hexadecimal.`;
  throw invalidInput([{ field, value: null, rule: 'SHA256', message }]);
}

function wrongHash(hash: string): Refusal {
  const field = 'extensions.persistedQuery.sha256Hash';
  const message = `"${hash}" is not the SHA-256 of the text that was sent with it.`;
  return invalidInput([{ field, value: hash, rule: 'SHA256', message }]);
}

/** Clients recognize this message and send the text. */
const notFound = (hash: string) => new Refusal('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', { hash });

function notRegistered(hash: string): Refusal {
  const message =
    'This server executes registered operations only. An administrator can register this one with registerOperations.';
  return new Refusal('OPERATION_NOT_REGISTERED', message, { hash });
}
