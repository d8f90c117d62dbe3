import type { Application } from '../applications/applications';
import type { Db } from '../../kernel/database/database';
import { pipelines } from '../pipelines/pipelines';
import { invalidInput } from '../../kernel/errors';
import { artifactSource, sourceName } from '../language/artifactSource';
import type { WorkflowDefinition } from '../language/workflow';
import { workflows } from '../workflows/workflows';
import { loadConfiguration } from './configuration';
import type { Referred } from '../language/referred';
import { pipelineRefersTo, renameInPipeline, renameInWorkflow, workflowRefersTo } from '../language/references';
import { type Author, nextRevision, saveRevision } from './revise';
import { unseenIn } from './seen';
import { renameInTrigger, triggerRefersTo } from '../language/triggerReferences';
import { writeTriggerRow } from '../triggers/triggers.store';
import { withRenamedText } from '../templates/renameInText';
import { bookFor } from '../templates/templateLibrary';

/**
 * Definitions refer by name, so a rename adds new revisions of every current definition that has the old name, in the
 * same transaction. The caller has locked the application. Old revisions keep the old name. Only the right to rename is
 * needed, because the meaning stays the same, and the caller need not see the definitions.
 */
export async function renameReferred(
  db: Db,
  author: Author,
  application: Application,
  referred: Referred,
  to: string,
): Promise<void> {
  const configuration = await loadConfiguration(db, application);
  const unseen = unseenIn(author.actor.access, configuration);
  const book = await bookFor(db, configuration);
  const where = (workflow: string) => (unseen.workflows.has(workflow) ? null : workflow);
  for (const defined of configuration.workflows.values()) {
    if (!workflowRefersTo(defined.revision.definition, referred)) continue;
    const renamed = renameInWorkflow(defined.revision.definition, referred, to);
    if (referred.kind === 'workflow')
      refuseOtherMeaning(defined.revision.definition, renamed, referred.name, to, where(defined.row.name));
    const head = { kind: 'Workflow', application: application.name, name: where(defined.row.name) } as const;
    const written = withRenamedText(renamed, head, referred, to, book);
    await saveRevision(db, workflows, nextRevision(defined, written, author));
  }
  for (const defined of configuration.pipelines.values()) {
    if (!pipelineRefersTo(defined.revision.definition, referred)) continue;
    const renamed = renameInPipeline(defined.revision.definition, referred, to);
    const seen = unseen.pipelines.has(defined.row.name) ? null : defined.row.name;
    const head = { kind: 'Pipeline', application: application.name, name: seen } as const;
    const written = withRenamedText(renamed, head, referred, to, book);
    await saveRevision(db, pipelines, nextRevision(defined, written, author));
  }
  for (const trigger of configuration.triggers.values()) {
    if (!triggerRefersTo(trigger.definition, referred)) continue;
    // Its author stays: the meaning is the same, and so are the rights that it needs.
    const definition = renameInTrigger(trigger.definition, referred, to);
    const after = { ...trigger, definition, version: trigger.version + 1, updatedAt: author.now };
    await writeTriggerRow(db, trigger, after);
  }
}

/**
 * `artifacts.from` can't contain every workflow name: a name with a dot, or one that is also the name of a task there,
 * would get another meaning.
 */
function refuseOtherMeaning(
  before: WorkflowDefinition,
  after: WorkflowDefinition,
  name: string,
  to: string,
  where: string | null,
): void {
  for (const [task, { artifacts }] of Object.entries(before.tasks)) {
    artifacts.from.forEach((from, index) => {
      const meant = artifactSource(from, before.tasks);
      if (meant.in !== 'RUN' || meant.workflow !== name) return;
      const written = after.tasks[task]?.artifacts.from[index] ?? '';
      const read = artifactSource(written, after.tasks);
      if (read.in === 'RUN' && read.workflow === to && read.task === meant.task) return;
      const taker =
        where === null
          ? 'A workflow that you may not see takes files from this one. The new name'
          : `The task "${task}" of the workflow "${where}" takes files from "${sourceName(from)}". With the new name that would be "${sourceName(written)}", which`;
      const message = `${taker} means something else there. Choose a name without dots that no task of that workflow has.`;
      throw invalidInput([{ field: 'name', value: to, rule: 'AMBIGUOUS_REFERENCE', message }]);
    });
  }
}
