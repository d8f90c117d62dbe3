import type { Actor } from '../access/actor';
import type { App } from '../app';
import { lockPart } from '../applications/applications.store';
import { refuseIfUsed } from '../applications/inUse';
import { loadConfiguration } from '../definitions/configuration';
import { usersOf } from '../definitions/references';
import { workflows } from './workflows.store';

/** Refused while a pipeline runs it or another workflow takes its files. Executions go on: they have their revision. */
export async function deleteWorkflow(app: App, _actor: Actor, input: { readonly workflowId: string }): Promise<void> {
  await app.database.transaction(async (db) => {
    const { part, application } = await lockPart(db, 'workflow', workflows, input.workflowId);
    const configuration = await loadConfiguration(db, application);
    refuseIfUsed('workflow', part.name, usersOf({ kind: 'workflow', name: part.name }, configuration));
    await workflows.delete(db, part.id, app.clock.now());
  });
}
