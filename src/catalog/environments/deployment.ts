import { field, type ShapeOf } from '../../kernel/fields';

/** REMOVED: a restore showed that nothing of the service is deployed; the image is the one that was there. */
export const deploymentStatuses = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'UNKNOWN', 'REMOVED'] as const;

/** One service's image brought to one environment. Never changed once it is over: the newest one says what is deployed. */
export const deploymentFields = {
  id: field.id('ID of this one deployment.'),
  /** Position in the history of all environments; those of one environment are numbered in the order of their commits. */
  number: { ...field.bigint(), column: { type: 'bigint' as const, generated: 'increment' as const } },
  environmentId: field.uuid(),
  serviceId: field.uuid(),
  image: field.text('Image, as the start of the execution gave it.'),
  status: field.text<(typeof deploymentStatuses)[number]>(),
  executionId: field.uuid('Workflow execution that deployed it.'),
  /** The run that brought it there, with a start or an extension, or back with a restore. */
  runId: field.uuid(),
  deployedAt: field.time('Time at which that execution, or the restore that brought the image back, succeeded.'),
};
export type Deployment = ShapeOf<typeof deploymentFields>;
