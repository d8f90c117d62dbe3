import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { field } from '../../kernel/fields';
import { ExecutionInterface } from '../executions/executions.types';
import { ReasonedCommandInput } from '../executions/runCommand.inputs';
import { interfaceType } from '../graphql/described.types';

/** The resolver of this interface adds the execution and its element, which holders and waiters both have. */
export const SlotMember = interfaceType(
  'SlotMember',
  'Element, execution or restore that holds a slot, or waits for one.',
  { since: field.time('Time at which it got the slot, or began to wait for it.') },
  { fallback: 'SlotHolder' },
);

@ObjectType({ implements: SlotMember, description: 'Element, execution or restore that holds a slot.' })
export class SlotHolder extends SlotMember {}

@ObjectType({ implements: SlotMember, description: 'Element or execution that waits for a slot.' })
export class SlotWaiter extends SlotMember {
  @Field(() => Int, { description: 'Place in the queue, from 1.' })
  position!: number;

  @Field(() => Date, {
    nullable: true,
    description:
      'Time at which it probably gets the slot, from the durations of the newest successful deployments to the environment. Null if there are none, and for concurrency groups.',
  })
  estimate!: Date | null;

  @Field(() => String, {
    description: 'Slot that it waits for, and its holder. May name another slot that it needs too.',
  })
  reason!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Right to deploy to an environment. One element, standalone workflow or restore at a time has it.',
})
export class EnvironmentSlot {
  @Field(() => SlotHolder, { nullable: true, description: 'Its holder. Null if the slot is free.' })
  holder!: object | null;

  @Field(() => [SlotWaiter], { description: 'Everything that waits for the slot, in order.' })
  waiting!: object[];
}

@ObjectType({ simpleResolvers: true, description: 'Concurrency group: a limited number of its members run at a time.' })
export class ConcurrencyGroup {
  @Field(() => String, { description: 'Name, with the values of its references.' })
  name!: string;

  @Field(() => Int, { description: 'Largest limit of those that hold its slots or wait for them; 1 without any.' })
  limit!: number;

  @Field(() => [SlotHolder], { description: 'Holders of its slots, oldest first.' })
  holders!: object[];

  @Field(() => [SlotWaiter], { description: 'Everything that waits for a slot of it, in order.' })
  waiting!: object[];
}

export enum ConcurrencyMembers {
  WORKFLOWS = 'WORKFLOWS',
  PIPELINES = 'PIPELINES',
}
registerEnumType(ConcurrencyMembers, {
  name: 'ConcurrencyMembers',
  description: 'Kind of a concurrency group.',
  valuesConfig: {
    WORKFLOWS: { description: 'Group of workflows, and of deployments to environments.' },
    PIPELINES: { description: 'Group of pipelines.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'Concurrency of an environment, as its document declares it.' })
export class EnvironmentConcurrency {
  @Field(() => String, {
    nullable: true,
    description: 'Group of environments that share the limit. Null if the environment is in none.',
  })
  group!: string | null;

  @Field(() => Int, { description: 'Number of environments of the group that take a deployment at the same time.' })
  limit!: number;

  @Field(() => String, { description: '`QUEUE`, `LATEST` or `REFUSE`; also the policy of the environment’s slot.' })
  policy!: string;
}

@InputType({ description: 'Input of `withdrawSlotWaiter`.' })
export class WithdrawSlotWaiterInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'ID of the run, or of the execution of a standalone workflow, that waits.' })
  executionId!: string;
}

@InputType({ description: 'Input of `moveSlotWaiter`.' })
export class MoveSlotWaiterInput extends WithdrawSlotWaiterInput {
  @Field(() => ID, {
    nullable: true,
    description: 'ID of another waiting execution, in front of which it moves. Defaults to the top of its queues.',
  })
  before?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `moveSlotWaiter` or `withdrawSlotWaiter`.' })
export class SlotWaiterPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, { nullable: true, description: 'Current state of the execution.' })
  execution!: object | null;
}
