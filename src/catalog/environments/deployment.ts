import { field, orNull, type ShapeOf } from '../../kernel/fields';

/** What runs in an environment: the image that the last successful deployment of a service left there. */
export const deploymentFields = {
  id: field.id('ID of this one deployment.'),
  environmentId: field.uuid(),
  serviceId: field.uuid(),
  image: field.text('Image, as the start of the execution gave it.'),
  executionId: field.uuid('Workflow execution that deployed it.'),
  runId: field.uuid(),
  deployedAt: field.time('Time when that execution succeeded.'),
  /** False once a later deployment of the same service took its place; the row stays as history. */
  current: field.boolean(),
  /** The restore that undid it; null while it stands. */
  revertedBy: orNull(field.uuid()),
};
export type Deployment = ShapeOf<typeof deploymentFields>;
