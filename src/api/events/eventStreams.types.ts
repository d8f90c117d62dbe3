import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ApprovalDetails } from '../approvals/approvals.types';
import { ExecutionInterface } from '../executions/executions.types';
import { PageInfo } from '../graphql/paging.types';
import { ExecutionEventInterface } from './events.types';

export enum GapReason {
  PRUNED = 'PRUNED',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(GapReason, {
  name: 'GapReason',
  description: 'Why what comes after a cursor can’t be given.',
  valuesConfig: {
    PRUNED: { description: 'Events after it have been deleted: they were older than `SLIPWAY_EVENT_RETENTION_DAYS`.' },
    UNKNOWN: {
      description:
        'Nothing was ever there: it is a cursor of another database, or the database was set back to an earlier state.',
    },
  },
});

@ObjectType({
  simpleResolvers: true,
  description:
    'Some events after a cursor are missing, and won’t come any more. A stream brings a fresh snapshot with it, and goes on from there.',
})
export class EventGap {
  @Field(() => GapReason, { description: 'Why.' })
  reason!: string;

  @Field(() => ID, { description: 'The cursor that nothing could be found for.' })
  after!: string;
}

@ObjectType({ simpleResolvers: true, description: 'An event and its place in the list.' })
export class ExecutionEventEdge {
  @Field(() => ExecutionEventInterface, { description: 'The event.' })
  node!: object;

  @Field(() => ID, { description: 'Its place, for `after`.' })
  cursor!: string;
}

@ObjectType({ simpleResolvers: true, description: 'A page of the log of an execution.' })
export class ExecutionEventConnection {
  @Field(() => [ExecutionEventInterface], { description: 'The events of this page, the oldest first.' })
  nodes!: object[];

  @Field(() => [ExecutionEventEdge], { description: 'The same events, each with its cursor.' })
  edges!: ExecutionEventEdge[];

  @Field(() => PageInfo, { description: 'Where this page stands in the log.' })
  pageInfo!: PageInfo;

  @Field(() => EventGap, {
    nullable: true,
    description: 'Set when events between `after` and this page are missing. Read the execution itself then.',
  })
  gap!: EventGap | null;
}

@ObjectType({ simpleResolvers: true, description: 'An execution and its place in its log, both of one moment.' })
export class ExecutionSnapshot {
  @Field(() => Int, { description: 'The newest event that the execution shows. What follows comes as events.' })
  sequence!: number;

  @Field(() => ExecutionInterface, { description: 'The execution at that moment, with all that is asked of it.' })
  execution!: object;
}

@ObjectType('ExecutionEventsItem', {
  simpleResolvers: true,
  description: 'One answer of `executionEvents`: either an event or a snapshot.',
})
export class ExecutionEventsItem {
  @Field(() => ID, { description: 'Where to go on after this: give it as `after`.' })
  cursor!: string;

  @Field(() => ExecutionEventInterface, { nullable: true, description: 'The next event.' })
  event!: object | null;

  @Field(() => ExecutionSnapshot, {
    nullable: true,
    description: 'The first answer when no cursor was given; also with each gap.',
  })
  snapshot!: ExecutionSnapshot | null;

  @Field(() => EventGap, {
    nullable: true,
    description: 'Set when events are missing. The snapshot beside it replaces what was known.',
  })
  gap!: EventGap | null;
}

@ObjectType({ description: 'The executions that are watched, at least as new as the cursor beside it.' })
export class ExecutionsSnapshot {}

@ObjectType('ExecutionsUpdatedItem', {
  description: 'One answer of `executionsUpdated`: either an event or a snapshot.',
})
export class ExecutionsUpdatedItem {
  @Field(() => ID, { description: 'Where to go on after this: give it as `after`.' })
  cursor!: string;

  @Field(() => ExecutionsSnapshot, {
    nullable: true,
    description: 'The first answer when no cursor was given; also with each gap.',
  })
  snapshot!: object | null;

  @Field(() => EventGap, {
    nullable: true,
    description: 'Set when events are missing. The snapshot beside it replaces what was known.',
  })
  gap!: EventGap | null;
}

@ObjectType({ description: 'The approvals that wait, at least as new as the cursor beside it.' })
export class ApprovalsSnapshot {}

@ObjectType('ApprovalsRequestedItem', {
  simpleResolvers: true,
  description: 'One answer of `approvalsRequested`: either an approval that changed or a snapshot.',
})
export class ApprovalsRequestedItem {
  @Field(() => ID, { description: 'Where to go on after this: give it as `after`.' })
  cursor!: string;

  @Field(() => ApprovalDetails, {
    nullable: true,
    description: 'An approval that was requested, or that no longer waits, as it stands: `status` says which.',
  })
  approval!: ApprovalDetails | null;

  @Field(() => ApprovalsSnapshot, {
    nullable: true,
    description: 'The first answer when no cursor was given; also with each gap.',
  })
  snapshot!: object | null;

  @Field(() => EventGap, {
    nullable: true,
    description: 'Set when something may be missing. The snapshot beside it replaces what was known.',
  })
  gap!: EventGap | null;
}
