import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ConnectionType } from '../graphql/paging.types';

export enum DeploymentStatusEnum {
  IN_PROGRESS = 'IN_PROGRESS',
  SUCCEEDED = 'SUCCEEDED',
  FAILED = 'FAILED',
  UNKNOWN = 'UNKNOWN',
  REMOVED = 'REMOVED',
}
registerEnumType(DeploymentStatusEnum, {
  name: 'DeploymentStatus',
  description: 'Status of a deployment. Only IN_PROGRESS is not final.',
  valuesConfig: {
    IN_PROGRESS: { description: 'The command that deploys has started and has not ended.' },
    SUCCEEDED: { description: 'The task, or the workflow as a whole, succeeded: the environment has this image.' },
    FAILED: { description: 'The command failed. The environment may have the image in part.' },
    UNKNOWN: {
      description:
        'The state of the environment is unknown: the agent was lost, the command was stopped or killed, its failure ' +
        'is ignored, or a task was skipped in a workflow that deploys as a whole.',
    },
    REMOVED: { description: 'A restore returned to a state in which the service was not deployed.' },
  },
});

@ObjectType({
  description:
    'Delivery of one service’s image to one environment by one workflow execution. Immutable once it has ended.',
})
export class Deployment {
  @Field(() => ID, { description: 'ID of the deployment.' })
  id!: string;

  @Field(() => DeploymentStatusEnum, { description: 'Status.' })
  status!: string;

  @Field(() => String, { description: 'Image, as the start or the extension of the run gave it.' })
  image!: string;

  @Field(() => ID, { description: 'ID of the workflow execution that deployed it.' })
  executionId!: string;

  @Field(() => Int, { description: 'Attempt of that workflow execution.' })
  attempt!: number;

  @Field(() => ID, {
    description: 'ID of the run that deployed it, in one of its attempts or with a restore.',
  })
  runId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the task execution that deployed it. Null if the workflow as a whole did, and for a restore.',
  })
  taskExecutionId!: string | null;

  @Field(() => String, { nullable: true, description: 'Name of that task.' })
  task!: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of the restore that deployed the image again. Null otherwise.' })
  operationId!: string | null;

  @Field(() => Date, { description: 'Time at which the command started.' })
  startedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Time at which it ended. Null while it is IN_PROGRESS.' })
  endedAt!: Date | null;
}
export const DeploymentConnection = ConnectionType(Deployment, 'Deployment');
