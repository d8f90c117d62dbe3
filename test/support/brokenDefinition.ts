import { randomUUID } from 'node:crypto';
import { RevisionCache } from '../../src/catalog/definitions/revisionCache';
import { workflows } from '../../src/catalog/workflows/workflows';
import type { TestServer } from './server';

/** During `work`, the server can't read the definition of a workflow, as if it had just started. */
export async function withoutDefinition(server: TestServer, name: string, work: () => Promise<void>): Promise<void> {
  const { database } = server.app;
  const rename = (to: string, from: string) =>
    database.write('UPDATE workflow_revision SET id = $1 WHERE id = $2', [to, from]);
  const [row] = await database.rows<{ id: string }>('SELECT current_revision_id AS id FROM workflow WHERE name = $1', [
    name,
  ]);
  const [id, elsewhere] = [row?.id ?? '', randomUUID()];
  await rename(elsewhere, id);
  Object.assign(server.app, { workflowRevisions: new RevisionCache(workflows) });
  try {
    await work();
  } finally {
    await rename(id, elsewhere);
  }
}
