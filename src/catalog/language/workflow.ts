import type { LabelRules } from './labelSelectors';
import { CONTAINER_LABEL, GIT_LABEL } from '../../contract/jobContainer';
import { containerOf } from './containerShape';
import type { DefinedEntity, Revision } from './definition';
import type { WorkflowDefinition } from './documentShapes';
import type { TaskDefinition } from './taskShape';
import type { OutputStreams } from './terms';

/** Definitions in canonical form: every default is filled in. Their keys are described in the shapes. */
export type { WorkflowDefinition } from './documentShapes';
export type { CheckoutDefinition } from './checkoutShape';
export { type ContainerDefinition, containerOf, type ServiceContainer } from './containerShape';
export type { Intervention } from './failureStrategy';
export type { MatrixAxis } from './combinations';
export type { RetryDelay, TakenFiles, TaskApproval, TaskArtifacts, TaskDefinition } from './taskShape';
export * from './terms';

export type Workflow = DefinedEntity;
export type WorkflowRevision = Revision<WorkflowDefinition>;

/** A variable that gets a line of standard output needs a separate stream. */
export const streamsOf = ({ streams, register }: Pick<TaskDefinition, 'streams' | 'register'>): OutputStreams =>
  streams ?? (register === null ? 'merged' : 'separate');

/** Secrets that a job needs: those of its command, and credentials that only its agent uses. */
export const secretsNeeded = (
  workflow: Pick<WorkflowDefinition, 'secrets' | 'container'>,
  task: Pick<TaskDefinition, 'secrets' | 'container' | 'services' | 'checkout'>,
): string[] => {
  const containers = [containerOf(workflow, task), ...Object.values(task.services)];
  const { password = null, sshKey = null } = task.checkout?.credentials ?? {};
  const used = [...containers.map((one) => one?.credentials?.password ?? null), password, sshKey];
  return [...new Set([...secretsOfTask(workflow, task), ...used.filter((one) => one !== null)])];
};

/** Secrets that a command gets. */
export const secretsOfTask = (
  workflow: Pick<WorkflowDefinition, 'secrets'>,
  task: Pick<TaskDefinition, 'secrets' | 'scope'>,
): string[] => [...new Set([...(task.scope === undefined ? workflow.secrets : []), ...task.secrets])];

/** Labels that a task requires of its agent: its own, and those for containers and checkouts. */
export const labelsOf = (
  workflow: Pick<WorkflowDefinition, 'container'>,
  task: Pick<TaskDefinition, 'labels' | 'container' | 'services' | 'checkout'>,
): LabelRules => ({
  ...task.labels,
  ...((containerOf(workflow, task) !== null || Object.keys(task.services).length > 0) && { [CONTAINER_LABEL]: 'true' }),
  ...(task.checkout !== null && { [GIT_LABEL]: 'true' }),
});
