import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { type WhyCode, whyCodes } from '../../engine/whyNotRunning';
import { EventActor } from '../access/actor.types';
import { ExecutionInterface } from './executions.types';
import type { AgentState } from '../../contract/labels';
import { AgentStateEnum } from '../agents/agentState.types';

const meanings: Readonly<Record<WhyCode, string>> = {
  PAUSED: 'A person paused the execution: see `pausedBy`. `continueExecution` continues it.',
  APPROVAL: 'A member of `userGroups` has to approve, before `until`.',
  INTERVENTION: 'It failed, and a person decides what follows, before `until`: `interveneExecution`.',
  RUNTIME_INPUTS: 'Asks for inputs, before `until`.',
  WAITING_FOR_SLOT: 'Another run deploys to the environment, or holds the concurrency group: see `holder`.',
  FROZEN: 'The environment is frozen, `until` the end of the freeze.',
  APPROVAL_CHANGED:
    'The subject of an approval has changed, so members of `userGroups` have to approve again, before `until`.',
  EARLIER_STAGE: 'An earlier stage has not ended.',
  DEPENDENCIES: 'Tasks that it depends on have not passed: see `dependencies`.',
  RETRY: 'It failed, and is tried again: see `until`.',
  FAILING: 'Its workflow is failing and starts nothing more.',
  PARALLEL_LIMIT: 'Its workflow runs as many tasks at once as it may.',
  MATRIX_LIMIT: 'As many combinations of its matrix run as `max_parallel` allows.',
  NO_AGENT: 'No online agent has the required `labels`: see `nearestAgent`.',
  QUEUE: 'Waits in the queue: see `position` and `estimateSeconds`.',
  QUEUE_PAUSED: 'A person paused the queue for its `labels`, `until` a time or until it is resumed: see `pausedBy`.',
  OFFERED: 'An agent was offered the job and has not started it yet. Lasts 15 seconds at most.',
};

export const WhyNotRunningCode = Object.fromEntries(whyCodes.map((code) => [code, code]));
registerEnumType(WhyNotRunningCode, {
  name: 'WhyNotRunningCode',
  description: 'Reason why something does not run.',
  valuesConfig: Object.fromEntries(Object.entries(meanings).map(([code, description]) => [code, { description }])),
});

@ObjectType({ simpleResolvers: true, description: 'Agent that has most of the labels that a job requires.' })
export class NearestAgent {
  @Field(() => String, {
    nullable: true,
    description: 'Name of the agent. Null if the caller may not see agents, which needs MANAGE_DELEGATES.',
  })
  name!: string | null;

  @Field(() => [String], {
    description:
      'Conditions on labels that it does not meet, such as `os=linux` or `node version >=20.0.0`. If there are none, it is paused, draining or offline: see `state`.',
  })
  lacks!: string[];

  @Field(() => AgentStateEnum, { description: 'State of the agent.' })
  state!: AgentState;

  @Field(() => String, { nullable: true, description: 'Note of its pause. Null if it is not paused.' })
  pauseNote!: string | null;

  @Field(() => Date, { description: 'Time at which the server last heard from it, accurate to a few seconds.' })
  lastSeenAt!: Date;
}

@ObjectType('WhyNotRunning', {
  simpleResolvers: true,
  description:
    'Answer to "why is it not running?", from the rules that decide it. Example: `execution(executionId: "…") { ' +
    'whyNotRunning { code message until position nearestAgent { name lacks } } }`.',
})
export class WhyNotRunningType {
  @Field(() => WhyNotRunningCode, { description: 'Kind of the reason. Determines which fields have a value.' })
  code!: WhyCode;

  @Field(() => String, { description: 'The reason as a sentence for people.' })
  message!: string;

  @Field(() => Date, {
    nullable: true,
    description: 'Time since which it waits for this. Null if that is not recorded.',
  })
  since!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time at which this changes at the latest, even if nobody acts. Null if no such time is known.',
  })
  until!: Date | null;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the stage element that waits. Null for a standalone workflow.',
  })
  stageExecutionId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the task that waits, or of the first of several. Null if no task has been reached.',
  })
  taskExecutionId!: string | null;

  @Field(() => Int, { description: 'Number of tasks of the workflow that wait for the same reason.' })
  tasks!: number;

  @Field(() => [String], {
    description: 'Names of the user groups whose members can decide, for APPROVAL and APPROVAL_CHANGED.',
  })
  userGroups!: string[];

  @Field(() => Boolean, {
    description:
      'True if nobody is left who may decide the approval. An administrator can assign other groups with `reassignApproval`.',
  })
  undecidable!: boolean;

  @Field(() => EventActor, { nullable: true, description: 'User or key that paused the execution, for PAUSED.' })
  pausedBy!: EventActor | null;

  @Field(() => [String], {
    description: 'Names of tasks that have to pass first, for DEPENDENCIES. At most five are named.',
  })
  dependencies!: string[];

  @Field(() => [String], {
    description:
      'Conditions on the labels of an agent, such as `os=linux`, for NO_AGENT and QUEUE: those of the task, and those of its environment and of the secrets that it uses.',
  })
  labels!: string[];

  @Field(() => NearestAgent, {
    nullable: true,
    description: 'Agent with the most of these labels, for NO_AGENT. Null if no agent is registered.',
  })
  nearestAgent!: NearestAgent | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Place, from 1. For QUEUE: among the jobs that the same agents can take, counted up to 1,001. For WAITING_FOR_SLOT: among those that wait for the slot.',
  })
  position!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Estimated seconds until an agent takes the job, for QUEUE: from the number of jobs that its agents run, and how long these have run. Null if they run none.',
  })
  estimateSeconds!: number | null;

  @Field(() => ExecutionInterface, {
    nullable: true,
    description: 'Execution that holds the slot, for WAITING_FOR_SLOT. Null if the caller may not see it.',
  })
  holder?: object | null;
}
