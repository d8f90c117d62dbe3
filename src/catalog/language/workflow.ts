import type { DefinedEntity, Revision } from './definition';
import type { WorkflowDefinition } from './documentShapes';
import type { TaskDefinition } from './taskShape';
import type { OutputStreams } from './terms';

/** Definitions in canonical form: every default is filled in. Their keys are described in the shapes. */
export type { WorkflowDefinition } from './documentShapes';
export type { Intervention } from './failureStrategy';
export type { MatrixAxis } from './combinations';
export type { RetryDelay, TakenFiles, TaskApproval, TaskArtifacts, TaskDefinition } from './taskShape';
export * from './terms';

export type Workflow = DefinedEntity;
export type WorkflowRevision = Revision<WorkflowDefinition>;

/** A variable that gets a line of standard output needs a separate stream. */
export const streamsOf = ({ streams, register }: Pick<TaskDefinition, 'streams' | 'register'>): OutputStreams =>
  streams ?? (register === null ? 'merged' : 'separate');

/** Secrets that a task gets. */
export const secretsOfTask = (
  workflow: Pick<WorkflowDefinition, 'secrets'>,
  task: Pick<TaskDefinition, 'secrets'>,
): string[] => [...new Set([...workflow.secrets, ...task.secrets])];
