import type { Actor } from '../../access/actor';
import { subjectIn } from '../../access/subjectIn';
import type { App } from '../app';
import { lockPart } from '../applications/applications.store';
import { pipelines } from './pipelines.store';

/** Nothing refers to a pipeline. Executions go on: they have their revision. */
export async function deletePipeline(app: App, actor: Actor, input: { readonly pipelineId: string }): Promise<void> {
  await app.database.transaction(async (db) => {
    const { part } = await lockPart(db, 'pipeline', pipelines, input.pipelineId);
    actor.access.require('DELETE', 'Pipeline', await subjectIn(db, 'Pipeline', part));
    await pipelines.delete(db, part.id, app.clock.now());
  });
}
