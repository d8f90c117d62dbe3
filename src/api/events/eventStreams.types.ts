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
  description: 'Reason why events after a cursor can’t be delivered.',
  valuesConfig: {
    PRUNED: { description: 'The events were deleted: they were older than `SLIPWAY_EVENT_RETENTION_DAYS`.' },
    UNKNOWN: {
      description:
        'The events never existed: the cursor is from another database, or the database was reset to an earlier state.',
    },
  },
});

@ObjectType({
  simpleResolvers: true,
  description:
    'Gap after a cursor: some events are missing and will never be delivered. A stream sends a fresh snapshot with ' +
    'it and continues from there.',
})
export class EventGap {
  @Field(() => GapReason, { description: 'Reason for the gap.' })
  reason!: string;

  @Field(() => ID, { description: 'Cursor after which events are missing.' })
  after!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Event and its place in the list.' })
export class ExecutionEventEdge {
  @Field(() => ExecutionEventInterface, { description: 'Event.' })
  node!: object;

  @Field(() => ID, { description: 'Cursor of the event, for `after`.' })
  cursor!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Page of the event log of an execution.' })
export class ExecutionEventConnection {
  @Field(() => [ExecutionEventInterface], { description: 'Events of this page, oldest first.' })
  nodes!: object[];

  @Field(() => [ExecutionEventEdge], { description: 'Events of this page, each with its cursor.' })
  edges!: ExecutionEventEdge[];

  @Field(() => PageInfo, { description: 'Position of this page in the log.' })
  pageInfo!: PageInfo;

  @Field(() => EventGap, {
    nullable: true,
    description:
      'Gap between `after` and this page. Null if nothing is missing. After a gap, read the execution itself.',
  })
  gap!: EventGap | null;
}

@ObjectType({ simpleResolvers: true, description: 'Execution and its position in its log, taken at the same moment.' })
export class ExecutionSnapshot {
  @Field(() => Int, {
    description: 'Sequence of the newest event that the execution includes. Later changes follow as events.',
  })
  sequence!: number;

  @Field(() => ExecutionInterface, { description: 'State of the execution at that moment.' })
  execution!: object;
}

@ObjectType('ExecutionEventsItem', {
  simpleResolvers: true,
  description: 'Message of `executionEvents`: either an event or a snapshot.',
})
export class ExecutionEventsItem {
  @Field(() => ID, { description: 'Position after this message. Pass it as `after` to continue.' })
  cursor!: string;

  @Field(() => ExecutionEventInterface, { nullable: true, description: 'Next event.' })
  event!: object | null;

  @Field(() => ExecutionSnapshot, {
    nullable: true,
    description: 'First message if no cursor was given; also sent with each gap.',
  })
  snapshot!: ExecutionSnapshot | null;

  @Field(() => EventGap, {
    nullable: true,
    description:
      'Gap before this message. Null if nothing is missing. The snapshot sent with it replaces all earlier state.',
  })
  gap!: EventGap | null;
}

@ObjectType({ description: 'Executions that match the filters, at least as new as the cursor of the message.' })
export class ExecutionsSnapshot {}

@ObjectType('ExecutionsUpdatedItem', {
  description: 'Message of `executionsUpdated`: either an event or a snapshot.',
})
export class ExecutionsUpdatedItem {
  @Field(() => ID, { description: 'Position after this message. Pass it as `after` to continue.' })
  cursor!: string;

  @Field(() => ExecutionsSnapshot, {
    nullable: true,
    description: 'First message if no cursor was given; also sent with each gap.',
  })
  snapshot!: object | null;

  @Field(() => EventGap, {
    nullable: true,
    description:
      'Gap before this message. Null if nothing is missing. The snapshot sent with it replaces all earlier state.',
  })
  gap!: EventGap | null;
}

@ObjectType({ description: 'Approvals that wait, at least as new as the cursor of the message.' })
export class ApprovalsSnapshot {}

@ObjectType('ApprovalsRequestedItem', {
  simpleResolvers: true,
  description: 'Message of `approvalsRequested`: either an approval that changed or a snapshot.',
})
export class ApprovalsRequestedItem {
  @Field(() => ID, { description: 'Position after this message. Pass it as `after` to continue.' })
  cursor!: string;

  @Field(() => ApprovalDetails, {
    nullable: true,
    description:
      'Current state of an approval that was requested, reassigned or escalated, whose approvers were reminded, or that stopped waiting; see `status`.',
  })
  approval!: ApprovalDetails | null;

  @Field(() => ApprovalsSnapshot, {
    nullable: true,
    description: 'First message if no cursor was given; also sent with each gap.',
  })
  snapshot!: object | null;

  @Field(() => EventGap, {
    nullable: true,
    description:
      'Gap before this message: events may be missing. The snapshot sent with it replaces all earlier state.',
  })
  gap!: EventGap | null;
}
