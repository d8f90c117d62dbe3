import { contentHash } from '../../catalog/language/contentHash';
import type { DefinedEntity, Revision } from '../../catalog/language/definition';
import type { PipelineDefinition } from '../../catalog/language/pipeline';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { newId } from '../../kernel/ids';

/** A definition that a rollback runs, with its row. */
export interface Generated<Definition> {
  readonly row: DefinedEntity;
  readonly revision: Revision<Definition>;
}

const WEEK_SECONDS = 7 * 24 * 3600;

/** A part that is deleted from the beginning, so that nobody can start or change it. */
export function generated<Definition extends { readonly description: string | null }>(
  applicationId: string,
  name: string,
  from: Definition & { readonly extended?: unknown },
  now: Date,
): Generated<Definition> {
  // Its tasks are others than those of the document.
  const { extended: _, ...own } = from;
  const definition = own as unknown as Definition;
  const [id, revisionId] = [newId(), newId()];
  const by = { createdAt: now, createdBy: null };
  return {
    row: {
      ...{ id, name, applicationId, description: definition.description, currentRevisionId: revisionId },
      ...{ ...by, updatedAt: now, deletedAt: now },
    },
    revision: {
      ...{ id: revisionId, entityId: id, number: 1, contentHash: contentHash(definition), definition, ...by },
      templateIds: [],
    },
  };
}

/**
 * The workflow that its tasks of type `rollback` make: they are its graph, in place of the normal tasks. Null if it has
 * none; then the workflow runs as it is.
 */
export function rollbackWorkflow(definition: WorkflowDefinition): WorkflowDefinition | null {
  const all = Object.entries(definition.tasks);
  if (!all.some(([, { type }]) => type === 'rollback')) return null;
  const own = all.filter(([, { type }]) => type !== 'normal');
  const tasks = own.map(([name, task]) => [
    name,
    task.type === 'rollback' ? { ...task, type: 'normal' as const } : task,
  ]);
  return { ...definition, outputs: {}, tasks: Object.fromEntries(tasks) };
}

/** An element that runs one workflow. */
export interface GeneratedElement {
  readonly name: string;
  readonly workflow: string;
  readonly environment: string;
  readonly services: readonly string[];
}

export interface GeneratedStage {
  readonly name: string;
  readonly elements: readonly GeneratedElement[];
}

export function rollbackPipeline(
  description: string,
  onFreeze: PipelineDefinition['onFreeze'],
  stages: readonly GeneratedStage[],
): PipelineDefinition {
  const stageName = uniqueNames();
  return {
    description,
    variables: [],
    concurrency: null,
    onFreeze,
    timeoutSeconds: WEEK_SECONDS,
    stages: stages.map(({ name, elements }) => {
      const elementName = uniqueNames();
      return {
        name: stageName(name),
        onFailure: 'fail',
        elements: elements.map(({ name: own, ...deployed }) => ({
          ...{ type: 'WORKFLOW', name: elementName(own), skipCondition: null, ...deployed },
          ...{ variables: {}, runtimeInputs: null, retries: 0, ignoreFailure: false, intervention: null },
        })),
      };
    }),
  };
}

/** Names that occur again get a number. */
function uniqueNames(): (name: string) => string {
  const taken = new Map<string, number>();
  return (name) => {
    const times = (taken.get(name) ?? 0) + 1;
    taken.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  };
}
