import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import { invalidInput, notFound } from '../../kernel/errors';
import type { App } from '../app';
import type { RegisteredOperation } from './registeredOperations';
import {
  deleteOperation,
  findOperations,
  findOperationsAfter,
  insertOperations,
  lockOperations,
} from './registeredOperations.store';

export const mostDocuments = 500;

/** A document whose text is valid in the schema. */
export type CheckedDocument = Pick<RegisteredOperation, 'hash' | 'names' | 'text'>;

/** Registers documents. Those that are registered already stay as they are. Returns all, in the order given. */
export async function registerOperations(
  app: App,
  actor: Actor,
  documents: readonly CheckedDocument[],
): Promise<readonly RegisteredOperation[]> {
  actor.access.requireAdministrator('register operations');
  if (documents.length === 0 || documents.length > mostDocuments) {
    const message = `"documents" must have 1 to ${mostDocuments} texts; it has ${documents.length}.`;
    throw invalidInput([{ field: 'documents', value: documents.length, rule: 'RANGE', message }]);
  }
  const byHash = new Map(documents.map((one) => [one.hash, one]));
  return app.database.transaction(async (db) => {
    await lockOperations(db);
    const before = new Map((await findOperations(db, [...byHash.keys()])).map((one) => [one.hash, one]));
    const made = [...byHash.values()]
      .filter(({ hash }) => !before.has(hash))
      .map((one) => ({ ...one, createdAt: app.clock.now(), createdBy: actor.id }));
    await insertOperations(db, made);
    for (const after of made) auditDetail(db, { kind: 'operation', id: after.hash, name: after.names.join(), after });
    const all = new Map([...before, ...made.map((one) => [one.hash, one] as const)]);
    return documents.flatMap(({ hash }) => all.get(hash) ?? []);
  });
}

const isHash = /^[0-9a-f]{64}$/i;

/** Servers notice within a second. Where any operation is allowed, they may still know a text that clients have sent. */
export async function deleteRegisteredOperation(app: App, actor: Actor, hash: string): Promise<void> {
  actor.access.requireAdministrator('delete registered operations');
  await app.database.transaction(async (db) => {
    const [before] = isHash.test(hash) ? await findOperations(db, [hash.toLowerCase()]) : [];
    if (before === undefined) throw notFound('registered operation', hash);
    await deleteOperation(db, before.hash);
    auditDetail(db, { kind: 'operation', id: before.hash, name: before.names.join(), before });
  });
}

/** Registered operations after a hash, in the order of their hashes. */
export function listRegisteredOperations(
  app: App,
  actor: Actor,
  { after, first }: { readonly after: string | null; readonly first: number },
): Promise<readonly RegisteredOperation[]> {
  actor.access.requireAdministrator('list registered operations');
  if (first < 1 || first > mostDocuments) {
    const message = `"first" must be from 1 to ${mostDocuments}; it is ${first}.`;
    throw invalidInput([{ field: 'first', value: first, rule: 'RANGE', message }]);
  }
  return findOperationsAfter(app.database, after ?? '', first);
}
