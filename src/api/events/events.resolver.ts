import { Arg, Args, Ctx, FieldResolver, ID, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import { rightsKey } from '../../access/rightsKey';
import { requireReadable } from '../../access/visible';
import type { ApprovalFilter } from '../../runs/approvals/approvals.queries';
import { listWaitingApprovals } from '../../runs/approvals/approvals.queries';
import { ApprovalDetails } from '../approvals/approvals.types';
import type { Execution } from '../../engine/execution';
import { ExecutionFilterInput } from '../executions/executions.inputs';
import { executionById } from '../../runs/execution/executions.loaders';
import { listExecutions } from '../../runs/execution/executions.queries';
import { ExecutionConnection, ExecutionInterface } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { PageArguments } from '../graphql/paging.types';
import type { LogEvent, WatchedEvent } from '../../runs/events/eventLog';
import {
  ApprovalsRequestedItem,
  ApprovalsSnapshot,
  ExecutionEventConnection,
  ExecutionEventsItem,
  ExecutionsSnapshot,
  ExecutionsUpdatedItem,
} from './eventStreams.types';
import { listEvents } from '../../runs/events/events.queries';
import { ExecutionEventInterface, eventTypes } from './events.types';
import { type ApprovalUpdate, watchApprovals } from '../../runs/events/watchApprovals';
import { watchEvents } from '../../runs/events/watchEvents';
import { watchExecution } from '../../runs/events/watchExecution';
import { type ExecutionsUpdate, type WatchedExecutions, watchExecutions } from '../../runs/events/watchExecutions';

/** An event as GraphQL resolves it: what it tells lies beside what all events have, under the name of its type. */
export function shownEvent(event: LogEvent): object {
  const type = (eventTypes as Readonly<Record<string, { readonly name: string } | undefined>>)[event.type];
  return { ...event.data, ...event, __typename: type?.name ?? 'OtherEvent' };
}

const AFTER =
  'Go on after this cursor, or after the event with this sequence. A client of server-sent events sends it as `Last-Event-ID`, which counts more than this.';

@Resolver(() => ExecutionEventInterface)
export class EventsResolver {
  @Subscription(() => ExecutionInterface, {
    description:
      'The execution as it stands, then again after each change, in order, until it and its failure handlers are final: then the stream completes. Changes that come faster than they are read are one answer. Errors: NOT_FOUND.',
    subscribe: ({ args, context }) => {
      const { app, actor, request } = context as Context;
      return watchExecution(app, actor, (args as { executionId: string }).executionId, request.signal);
    },
  })
  async executionUpdated(
    @Arg('executionId', () => ID, { description: 'The id of the execution.' }) _executionId: string,
    @Root() execution: Execution,
    @Ctx() { app, actor }: Context,
  ): Promise<Execution> {
    // Rights may have changed since the last answer; a lost one ends the stream with the refusal.
    await requireReadable(app, actor.access, 'Execution', execution);
    return execution;
  }

  @Query(() => ExecutionEventConnection, {
    description:
      'The log of an execution, the oldest event first: of a run with all its members, or of a member execution alone. Each committed change is in it once, so a client can always catch up: ' +
      '`executionEvents(executionId: "…", after: 41, first: 100) { nodes { sequence type at } pageInfo { endCursor hasNextPage } gap { reason } }`. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  async executionEvents(
    @Arg('executionId', () => ID, { description: 'The execution.' }) executionId: string,
    @Arg('after', () => ID, {
      nullable: true,
      description: 'Answer what comes after this cursor, or after the event with this sequence.',
    })
    after: string | null,
    @Arg('first', () => Int, {
      nullable: true,
      description: 'How many events to answer at most: 1 to 500, by default 50.',
    })
    first: number | null,
    @Ctx() { app, actor }: Context,
  ): Promise<ExecutionEventConnection> {
    const { nodes, edges, pageInfo, gap } = await listEvents(app, actor, executionId, {
      after: after ?? null,
      first: first ?? null,
    });
    return {
      nodes: nodes.map(shownEvent),
      edges: edges.map(({ node, cursor }) => ({ node: shownEvent(node), cursor })),
      pageInfo,
      gap,
    };
  }

  @Subscription(() => ExecutionEventsItem, {
    name: 'executionEvents',
    description:
      'The log of an execution as it grows: of a run with all its members, or of a member execution alone. Without `after` first a snapshot, then each event once, in order; with `after` exactly what ' +
      'follows it, whatever was lost in between: connections, servers. Completes when the execution and its failure handlers are final and everything was given; after a resume, subscribe again with the last cursor. ' +
      'Example: `subscription { executionEvents(executionId: "…") { cursor event { type ... on StageStatusEvent { stepName to } } snapshot { sequence execution { status } } gap { reason } } }`. ' +
      'Errors: NOT_FOUND (also when the right to see it is lost), INVALID_INPUT; SLOW_READER and UNAVAILABLE: subscribe again with the last cursor.',
    subscribe: ({ args, context }) => {
      const { app, actor, request } = context as Context;
      const { executionId, after } = args as { executionId: string; after?: string | null };
      return watchEvents(app, actor, executionId, request.resumeAfter ?? after ?? null, request.signal);
    },
  })
  async watchExecutionEvents(
    @Arg('executionId', () => ID, { description: 'The execution.' }) _executionId: string,
    @Arg('after', () => ID, { nullable: true, description: AFTER }) _after: string | null,
    @Root() item: WatchedEvent,
    @Ctx() { app, actor }: Context,
  ): Promise<ExecutionEventsItem> {
    await requireReadable(app, actor.access, 'Execution', item.execution);
    const { cursor, event, snapshot, gap } = item;
    return { cursor, event: event && shownEvent(event), snapshot, gap };
  }

  @Subscription(() => ExecutionsUpdatedItem, {
    description:
      'The events of all executions that match the filters, as they are committed, each once. Without `after` first a snapshot; with `after` exactly what follows it. Filters are judged when an event is ' +
      'read, by the execution as it stands; one that leaves a status which the filters name is told once more. Events of one execution come in their order. A transaction that commits late delays what ' +
      'came after it, and loses nothing. Never completes. Example: `subscription { executionsUpdated(filters: [{status: {operator: IN, values: ["RUNNING", "WAITING"]}}]) { cursor event { type } execution ' +
      '{ id status } snapshot { executions(first: 50) { nodes { id status } } } } }`. Errors: INVALID_INPUT; NOT_FOUND when the right to see something was lost: subscribe again; SLOW_READER and UNAVAILABLE: ' +
      'subscribe again with the last cursor.',
    subscribe: ({ args, context }) => {
      const { app, actor, request } = context as Context;
      const { filters, includeIndirectExecutions, after } = args as {
        filters?: ExecutionFilterInput[] | null;
        includeIndirectExecutions?: boolean | null;
        after?: string | null;
      };
      const watched = { filters: filters ?? [], indirect: includeIndirectExecutions ?? false };
      return watchExecutions(app, actor, watched, request.resumeAfter ?? after ?? null, request.signal);
    },
  })
  async executionsUpdated(
    @Arg('filters', () => [ExecutionFilterInput], {
      nullable: true,
      description: 'All must hold; without any, all executions.',
    })
    _filters: ExecutionFilterInput[] | null,
    @Arg('includeIndirectExecutions', () => Boolean, {
      nullable: true,
      description: 'Also workflow executions that a pipeline execution started; false by default.',
    })
    _indirect: boolean | null,
    @Arg('after', () => ID, { nullable: true, description: AFTER }) _after: string | null,
    @Root() update: ExecutionsUpdate,
    @Ctx() { app, actor, loaders }: Context,
  ): Promise<ExecutionsUpdate> {
    // It was found with the rights of its reader. Only whoever has others since then is looked at again.
    const execution =
      update.event &&
      update.rights !== rightsKey(actor) &&
      (await loaders.load(executionById, update.event.executionId));
    if (execution) await requireReadable(app, actor.access, 'Execution', execution);
    return update;
  }

  @Subscription(() => ApprovalsRequestedItem, {
    description:
      'What waits for your approval, as it begins and as it ceases to wait. Without `after` first a snapshot of what waits; with `after` exactly what follows it. Never completes. Example: ' +
      '`subscription { approvalsRequested { cursor approval { approvalId status stepName } snapshot { approvals { approvalId stepName willExpireAt } } } }`. Errors: INVALID_INPUT; SLOW_READER and ' +
      'UNAVAILABLE: subscribe again with the last cursor.',
    subscribe: ({ args, context }) => {
      const { app, actor, request } = context as Context;
      const { applicationId, all, after } = args as {
        applicationId?: string | null;
        all?: boolean | null;
        after?: string | null;
      };
      const filter = { applicationId: applicationId ?? null, all: all ?? false };
      return watchApprovals(app, actor, filter, request.resumeAfter ?? after ?? null, request.signal);
    },
  })
  approvalsRequested(
    @Arg('applicationId', () => ID, { nullable: true, description: 'Only those of this application.' })
    _applicationId: string | null,
    @Arg('all', () => Boolean, {
      nullable: true,
      description: 'Also those that you may see but not decide; false by default.',
    })
    _all: boolean | null,
    @Arg('after', () => ID, { nullable: true, description: AFTER }) _after: string | null,
    @Root() update: ApprovalUpdate,
  ): object {
    return update;
  }
}

@Resolver(() => ExecutionsUpdatedItem)
export class ExecutionsUpdatedResolver {
  @FieldResolver(() => ExecutionEventInterface, { nullable: true, description: 'The next event.' })
  event(@Root() { event }: ExecutionsUpdate): object | null {
    return event && shownEvent(event);
  }

  @FieldResolver(() => ExecutionInterface, {
    nullable: true,
    description: 'The execution that the event is about, as it stands now: at least as new as the event.',
  })
  async execution(@Root() { event }: ExecutionsUpdate, @Ctx() { loaders }: Context): Promise<Execution | null> {
    return event && ((await loaders.load(executionById, event.executionId)) ?? null);
  }
}

@Resolver(() => ExecutionsSnapshot)
export class ExecutionsSnapshotResolver {
  @FieldResolver(() => ExecutionConnection, { description: 'Those that match the filters, the newest first.' })
  executions(
    @Root() { filters, indirect }: WatchedExecutions,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listExecutions(app, actor, filters, indirect, page);
  }
}

@Resolver(() => ApprovalsSnapshot)
export class ApprovalsSnapshotResolver {
  @FieldResolver(() => [ApprovalDetails], { description: 'The oldest first, at most 500.' })
  approvals(@Root() filter: ApprovalFilter, @Ctx() { app, actor }: Context) {
    return listWaitingApprovals(app, actor, filter);
  }
}
