import { readFileSync } from 'node:fs';
import {
  DeleteRegisteredOperationDocument,
  type RegisteredOperationFragment,
  RegisteredOperationsDocument,
  RegisterOperationsDocument,
} from '../client/generated';
import { usage } from './failure';
import type { Session } from './session';
import { moment, refuseUnlessConfirmed } from './ui';

const PAGE = 500;

/** `slipway operations`: lists the GraphQL documents that administrators registered. */
export async function listOperations({ api, ui }: Session): Promise<void> {
  const found: RegisteredOperationFragment[] = [];
  for (let after: string | null = null; ; ) {
    const page: readonly RegisteredOperationFragment[] = (
      await api.ask(RegisteredOperationsDocument, { after, first: PAGE })
    ).registeredOperations;
    found.push(...page);
    after = page.at(-1)?.hash ?? null;
    if (page.length < PAGE) break;
  }
  ui.answer(found);
  if (ui.json) return;
  if (found.length === 0) return ui.say('No operations are registered.');
  ui.table(
    ['HASH', 'OPERATIONS', 'REGISTERED'],
    found.map(({ hash, names, createdAt }) => [hash, names.join(', '), moment(createdAt)]),
  );
}

/** `slipway operations register`: registers documents, and those of manifests of Apollo or Relay. */
export async function registerOperations({ api, ui }: Session, files: readonly string[]): Promise<void> {
  const documents = [...new Set(files.flatMap(documentsIn))];
  const registered = [];
  for (let from = 0; from < documents.length; from += PAGE) {
    const input = { documents: documents.slice(from, from + PAGE) };
    registered.push(...(await api.ask(RegisterOperationsDocument, { input })).registerOperations.operations);
  }
  ui.answer(registered);
  if (!ui.json) for (const { hash, names } of registered) ui.say(`${hash}  ${names.join(', ')}`);
}

/** `slipway operations remove`: clients that name the operation are refused from then on. */
export async function removeOperation(session: Session, hash: string, { yes }: { readonly yes?: boolean }) {
  const { api, ui } = session;
  if (yes !== true) await refuseUnlessConfirmed(ui, `Remove the registered operation ${hash}?`);
  await api.ask(DeleteRegisteredOperationDocument, { input: { hash } });
  ui.say('Removed.');
  ui.answer({ hash });
}

/** The documents of a file, exactly as clients send them: without the line break that editors add. */
function documentsIn(path: string): string[] {
  const text = read(path);
  if (!path.endsWith('.json')) return [text.trim()];
  try {
    const content = JSON.parse(text) as { readonly operations?: unknown };
    const bodies = Array.isArray(content.operations)
      ? content.operations.map(({ body }: { readonly body: unknown }) => body)
      : Object.values(content);
    if (bodies.length > 0 && bodies.every((body) => typeof body === 'string')) return bodies;
  } catch {
    // Falls through: the message is the same.
  }
  throw usage(`${path} is not a manifest of Apollo or Relay: expected JSON with the texts of operations.`);
}

function read(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw usage(`${path} can’t be read: ${(error as Error).message}`);
  }
}
