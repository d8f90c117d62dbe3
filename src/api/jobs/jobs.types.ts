import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { NodeInterface } from '../graphql/node.types';
import { ConnectionType } from '../graphql/paging.types';
import { JobFactsType } from './jobFacts.types';

export enum JobStatusEnum {
  QUEUED = 'QUEUED',
  RUNNING = 'RUNNING',
  SUCCESS = 'SUCCESS',
  FAILED = 'FAILED',
  ABORTED = 'ABORTED',
  LOST = 'LOST',
}
registerEnumType(JobStatusEnum, {
  name: 'JobStatus',
  description: 'Status of a job.',
  valuesConfig: {
    QUEUED: { description: 'Waiting for an agent that has every required label.' },
    RUNNING: { description: 'Running on an agent that holds a lease on it.' },
    SUCCESS: { description: 'Ended with exit code 0.' },
    FAILED: { description: 'Ended in any other way; see `reasonCode`.' },
    ABORTED: { description: 'Canceled before or while it ran.' },
    LOST: {
      description:
        'Its agent was lost or stopped, so the outcome of the command is unknown. `on_lost` of the task decides what follows.',
    },
  },
});

@ObjectType({
  implements: NodeInterface,
  simpleResolvers: true,
  description: 'One attempt of one task, which an agent claims. Immutable once it has ended.',
})
export class Job {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => Int, { description: 'Try of its task, from 1.' })
  attempt!: number;

  @Field(() => JobStatusEnum, { description: 'Current status.' })
  status!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Exit code of the command, if it ended on its own; 128 plus the signal number if a signal ended it.',
  })
  exitCode!: number | null;

  @Field(() => String, { nullable: true, description: 'Signal that ended the command, such as `SIGTERM`.' })
  signal!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Code of the reason, unless the job succeeded: `EXIT_CODE`, `SIGNAL`, `TIMED_OUT`, `CANCELLED`, `AGENT_LOST`, ' +
      '`NOT_STARTED`, `AGENT_ERROR`, `SHELL_NOT_FOUND`, `INPUT_MISSING`, `OUTPUT_MISSING`, `UPLOAD_FAILED`, `BAD_OUTPUT`, ' +
      '`VARIABLE_CONFLICT`, `UNSAFE_VALUE`, `WORKING_DIR_REFUSED`, `SECRET_IN_OUTPUT`, `SECRET_MISSING`, ' +
      '`SECRET_UNREADABLE`, `UNDEFINED_VARIABLE`, `SERVER_ERROR`. With a container or services also `CONTAINER_UNAVAILABLE`, ' +
      '`CONTAINER_REFUSED` (by the agent’s configuration), `CONTAINER_FAILED`, `IMAGE_NOT_FOUND`, `IMAGE_PULL_REFUSED`, ' +
      '`IMAGE_PULL_FAILED`, `SERVICE_UNHEALTHY`; with a checkout also `CHECKOUT_REFUSED`, ' +
      '`CHECKOUT_UNAUTHORIZED`, `CHECKOUT_NOT_FOUND`, `CHECKOUT_FAILED`.',
  })
  reasonCode!: string | null;

  @Field(() => String, { nullable: true, description: 'Explanation of `reasonCode`.' })
  reason!: string | null;

  @Field(() => JobFactsType, {
    nullable: true,
    description:
      'Images that ran and the commit that was checked out, as the agent reported them at the end. Null if the job has no container, services or checkout.',
  })
  facts!: JobFactsType | null;

  @Field(() => Date, { description: 'Time at which it became claimable.' })
  queuedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Time at which an agent started it.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time at which it ended.' })
  endedAt!: Date | null;
}

export const JobConnection = ConnectionType(Job);
