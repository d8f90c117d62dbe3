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

/** Flattens an event for GraphQL: the fields of `data` join the common fields, under the object type of the event. */
export function shownEvent(event: LogEvent): object {
  const type = (eventTypes as Readonly<Record<string, { readonly name: string } | undefined>>)[event.type];
  return { ...event.data, ...event, __typename: type?.name ?? 'OtherEvent' };
}

const AFTER =
  'Cursor, or sequence of an event, to continue after. A client of server-sent events sends it as `Last-Event-ID`, ' +
  'which takes precedence.';

@Resolver(() => ExecutionEventInterface)
export class EventsResolver {
  @Subscription(() => ExecutionInterface, {
    description:
      'Current state of an execution, then again after each change, in order. Changes that come faster than the client ' +
      'reads are combined. Completes when the execution and its failure handlers are final. Errors: NOT_FOUND.',
    subscribe: ({ args, context }) => {
      const { app, actor, request } = context as Context;
      return watchExecution(app, actor, (args as { executionId: string }).executionId, request.signal);
    },
  })
  async executionUpdated(
    @Arg('executionId', () => ID, { description: 'ID of the execution.' }) _executionId: string,
    @Root() execution: Execution,
    @Ctx() { app, actor }: Context,
  ): Promise<Execution> {
    // Permissions may have changed since the last message. A lost permission ends the stream with an error.
    await requireReadable(app, actor.access, 'Execution', execution);
    return execution;
  }

  @Query(() => ExecutionEventConnection, {
    nullable: true,
    description:
      'Event log of an execution, oldest first: of a run with all its members, or of one member execution. Contains ' +
      'each committed change once, so a client can always catch up: `executionEvents(executionId: "…", after: 41, ' +
      'first: 100) { nodes { sequence type at } pageInfo { endCursor hasNextPage } gap { reason } }`. Errors: ' +
      'NOT_FOUND, INVALID_INPUT.',
  })
  async executionEvents(
    @Arg('executionId', () => ID, { description: 'ID of the execution.' }) executionId: string,
    @Arg('after', () => ID, {
      nullable: true,
      description: 'Cursor, or sequence of an event. Returns what follows it.',
    })
    after: string | null,
    @Arg('first', () => Int, {
      nullable: true,
      description: 'Maximum number of events to return, from 1 to 500. Defaults to 50.',
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
      'Event log of an execution as it grows: of a run with all its members, or of one member execution. Without ' +
      '`after`, sends a snapshot first, then each event once, in order. With `after`, sends exactly what follows it, ' +
      'across lost connections and server restarts. Completes when the execution and its failure handlers are final ' +
      'and everything was sent; after a resume, subscribe again with the last cursor. Example: `subscription { ' +
      'executionEvents(executionId: "…") { cursor event { type ... on StageStatusEvent { stepName to } } snapshot { ' +
      'sequence execution { status } } gap { reason } } }`. Errors: NOT_FOUND (also if the caller loses the permission to see ' +
      'it), INVALID_INPUT; SLOW_READER and UNAVAILABLE: subscribe again with the last cursor.',
    subscribe: ({ args, context }) => {
      const { app, actor, request } = context as Context;
      const { executionId, after } = args as { executionId: string; after?: string | null };
      return watchEvents(app, actor, executionId, request.resumeAfter ?? after ?? null, request.signal);
    },
  })
  async watchExecutionEvents(
    @Arg('executionId', () => ID, { description: 'ID of the execution.' }) _executionId: string,
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
      'Events of all executions that match the filters, each once, as they are committed. Without `after`, sends a ' +
      'snapshot first; with `after`, exactly what follows it. Filters apply to the state of the execution when the ' +
      'event is read; an execution that leaves a status named by the filters is sent once more. Events of one ' +
      'execution keep their order. A transaction that commits late delays the events after it, and none is lost. Never ' +
      'completes. Example: `subscription { executionsUpdated(filters: [{status: {operator: IN, values: ["RUNNING", ' +
      '"WAITING"]}}]) { cursor event { type } execution { id status } snapshot { executions(first: 50) { nodes { id ' +
      'status } } } } }`. Errors: INVALID_INPUT; NOT_FOUND if the caller loses the permission to see something: subscribe ' +
      'again; SLOW_READER and UNAVAILABLE: subscribe again with the last cursor.',
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
      description: 'Filters that must all match. Without filters, all executions match.',
    })
    _filters: ExecutionFilterInput[] | null,
    @Arg('includeIndirectExecutions', () => Boolean, {
      nullable: true,
      description: 'True to include workflow executions that a pipeline execution started. Defaults to false.',
    })
    _indirect: boolean | null,
    @Arg('after', () => ID, { nullable: true, description: AFTER }) _after: string | null,
    @Root() update: ExecutionsUpdate,
    @Ctx() { app, actor, loaders }: Context,
  ): Promise<ExecutionsUpdate> {
    // It was found with the reader's permissions. They are checked again only if they have changed since.
    const execution =
      update.event &&
      update.rights !== rightsKey(actor) &&
      (await loaders.load(executionById, update.event.executionId));
    if (execution) await requireReadable(app, actor.access, 'Execution', execution);
    return update;
  }

  @Subscription(() => ApprovalsRequestedItem, {
    description:
      'Approvals that the caller can decide, when they begin, when they are reassigned or escalated, at each reminder, and when they stop waiting. Without `after`, sends a snapshot of ' +
      'the waiting approvals first; with `after`, exactly what follows it. Never completes. Example: `subscription { ' +
      'approvalsRequested { cursor approval { approvalId status stepName } snapshot { approvals { approvalId stepName ' +
      'willExpireAt } } } }`. Errors: INVALID_INPUT; SLOW_READER and UNAVAILABLE: subscribe again with the last cursor.',
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
    @Arg('applicationId', () => ID, {
      nullable: true,
      description: 'ID of an application. Returns only its approvals.',
    })
    _applicationId: string | null,
    @Arg('all', () => Boolean, {
      nullable: true,
      description: 'True to include approvals that the caller may see but not decide. Defaults to false.',
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
  @FieldResolver(() => ExecutionEventInterface, { nullable: true, description: 'Next event.' })
  event(@Root() { event }: ExecutionsUpdate): object | null {
    return event && shownEvent(event);
  }

  @FieldResolver(() => ExecutionInterface, {
    nullable: true,
    description: 'Current state of the execution that the event is about, at least as new as the event.',
  })
  async execution(@Root() { event }: ExecutionsUpdate, @Ctx() { loaders }: Context): Promise<Execution | null> {
    return event && ((await loaders.load(executionById, event.executionId)) ?? null);
  }
}

@Resolver(() => ExecutionsSnapshot)
export class ExecutionsSnapshotResolver {
  @FieldResolver(() => ExecutionConnection, { description: 'Executions that match the filters, newest first.' })
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
  @FieldResolver(() => [ApprovalDetails], { description: 'Approvals, oldest first, at most 500.' })
  approvals(@Root() filter: ApprovalFilter, @Ctx() { app, actor }: Context) {
    return listWaitingApprovals(app, actor, filter);
  }
}
