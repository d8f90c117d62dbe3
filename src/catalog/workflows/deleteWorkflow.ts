import type { Actor } from '../../access/actor';
import { subjectIn } from '../../access/subjectIn';
import type { App } from '../app';
import { lockPart } from '../applications/applications.store';
import { loadConfiguration } from '../definitions/configuration';
import { refuseUsers } from '../definitions/refuseUsers';
import { workflows } from './workflows.store';

/** Refused while a pipeline runs it or another workflow takes its files. Executions go on: they have their revision. */
export async function deleteWorkflow(app: App, actor: Actor, input: { readonly workflowId: string }): Promise<void> {
  await app.database.transaction(async (db) => {
    const { part, application } = await lockPart(db, 'workflow', workflows, input.workflowId);
    actor.access.require('DELETE', 'Workflow', await subjectIn(db, 'Workflow', part));
    const configuration = await loadConfiguration(db, application);
    refuseUsers(actor.access, { kind: 'workflow', name: part.name }, configuration);
    await workflows.delete(db, part.id, app.clock.now());
  });
}
