import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { columnsOf } from '../../kernel/database/table';
import { afterCondition, cursorCodec, readPage, toPage } from '../../kernel/paging';
import type { Page, PageArguments } from '../../kernel/paging';
import {
  type Agent,
  type AgentState,
  type AgentStatus,
  type AgentToken,
  OFFLINE_AFTER_MS,
} from '../../contract/labels';
import { agentTable, agentTokenTable } from './agents.table';
import { broken } from '../../access/permissionInput';
import { visible } from '../../access/visible';
import { type InputError, invalidInput, notFound } from '../../kernel/errors';
import { allOf, bind, type IdFilter, idCondition } from '../../kernel/filters';
import { isId } from '../../kernel/ids';
import type { Loaders } from '../../kernel/loaders';
import { executionById } from '../execution/executions.loaders';
import type { Job, JobStatus } from '../queue/job';
import { jobTable } from '../queue/jobs.table';
import { findLabelSets } from '../queue/labelMatches.store';
import { jobsOfAgent } from './agents.loaders';
import { findAgents } from './agents.store';
import { readSelectors } from './labelInput';

/** Filter of a list of agents. All given fields must match. */
export interface AgentFilter {
  readonly labels?: readonly string[] | null;
  readonly status?: readonly AgentStatus[] | null;
  readonly state?: readonly AgentState[] | null;
  readonly application?: IdFilter | null;
  readonly name?: IdFilter | null;
}

const agentCursor = cursorCodec('agents', 'time', 'id');
const tokenCursor = cursorCodec('agentTokens', 'time', 'id');
const startedCursor = cursorCodec('agentJobs', 'time', 'id', 'number');
const jobCursor = cursorCodec('jobsOfAgent', 'time', 'id');

/** Agents, newest first. Those that have left are part of the list only if asked for. */
export async function listAgents(
  app: App,
  actor: Actor,
  { includeLeft, filters }: { readonly includeLeft: boolean; readonly filters: readonly AgentFilter[] },
  page: PageArguments,
): Promise<Page<Agent>> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  const request = readPage(page, agentCursor);
  const parameters: unknown[] = [];
  const conditions: string[] = [];
  for (const [index, filter] of filters.entries()) {
    conditions.push(...(await conditionsOf(app, filter, `filters[${index}]`, parameters)));
  }
  const asksForLeft = filters.some(({ state, status }) => state?.includes('LEFT') || status?.includes('LEFT'));
  if (!includeLeft && !asksForLeft) conditions.push('agent.left_at IS NULL');
  const where = allOf(conditions);
  const listed = [...parameters];
  const after = request.after
    ? ` AND ${afterCondition(['registered_at', 'id'], 'DESC', request.after, parameters)}`
    : '';
  const rows = await app.database.rows<Agent>(
    `SELECT ${columnsOf(agentTable, 'agent')} FROM agent WHERE ${where}${after} ORDER BY registered_at DESC, id DESC
     LIMIT ${bind(parameters, request.fetch)} OFFSET ${bind(parameters, request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: (row) => agentCursor.encode([row.registeredAt, row.id]),
    countTotal: async () => {
      const [row] = await app.database.rows<{ n: string }>(`SELECT count(*) AS n FROM agent WHERE ${where}`, listed);
      return Number(row?.n ?? 0);
    },
  });
}

async function conditionsOf(
  app: App,
  filter: AgentFilter,
  field: string,
  parameters: unknown[],
): Promise<readonly string[]> {
  const errors: InputError[] = [];
  const conditions: string[] = [];
  const now = app.clock.now();
  const seenSince = new Date(now.getTime() - OFFLINE_AFTER_MS);
  if (filter.labels != null) {
    const selectors = readSelectors(filter.labels, `${field}.labels`, errors);
    // Conditions on labels are decided in one place, for the few sets of labels that agents have.
    const sets = errors.length > 0 ? [] : await findLabelSets(app.database, selectors);
    conditions.push(`agent.label_set_id = ANY (${bind(parameters, sets)}::int[])`);
  }
  if (errors.length > 0) throw invalidInput(errors);
  if (filter.name != null)
    conditions.push(idCondition('agent.name', filter.name, parameters, { field: `${field}.name` }));
  if (filter.status != null) {
    const status = `CASE WHEN agent.left_at IS NOT NULL THEN 'LEFT' WHEN agent.last_seen_at < ${bind(parameters, seenSince)} THEN 'OFFLINE' ELSE 'ONLINE' END`;
    conditions.push(`${status} = ANY (${bind(parameters, filter.status)}::text[])`);
  }
  if (filter.state != null) {
    const state = stateSql(bind(parameters, seenSince), bind(parameters, now));
    conditions.push(`${state} = ANY (${bind(parameters, filter.state)}::text[])`);
  }
  if (filter.application != null) {
    const condition = idCondition('allowed.id', filter.application, parameters, {
      field: `${field}.application`,
      type: 'uuid',
    });
    conditions.push(
      `(agent.application_ids IS NULL OR EXISTS (SELECT FROM unnest(agent.application_ids) AS allowed (id) WHERE ${condition}))`,
    );
  }
  return conditions;
}

/** `agentState` in SQL. */
const stateSql = (seenSince: string, now: string): string => `CASE WHEN agent.left_at IS NOT NULL THEN 'LEFT'
  WHEN agent.last_seen_at < ${seenSince} THEN 'LOST' WHEN agent.draining_at IS NOT NULL THEN 'DRAINING'
  WHEN agent.paused_at IS NOT NULL AND (agent.paused_until IS NULL OR agent.paused_until > ${now}) THEN 'PAUSED'
  WHEN EXISTS (SELECT FROM job_lease lease WHERE lease.agent_id = agent.id) THEN 'BUSY' ELSE 'ONLINE' END`;

export async function readAgent(app: App, actor: Actor, id: string): Promise<Agent> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  const [agent] = isId(id) ? await findAgents(app.database, [id]) : [];
  if (agent === undefined) throw notFound('agent', id);
  return agent;
}

/**
 * Jobs that an agent has and the caller may see, in the order in which they were queued. An agent has at most as many as
 * slots, so they are loaded together with those of other agents, and paged here.
 */
export async function listJobsOf(
  loaders: Loaders<App>,
  actor: Actor,
  agentId: string,
  page: PageArguments,
): Promise<Page<Job>> {
  const request = readPage(page, jobCursor);
  const all = (await loaders.load(jobsOfAgent, agentId)) ?? [];
  const seen = await Promise.all(
    all.map(async (job) =>
      visible(actor.access, loaders, 'Execution', await loaders.load(executionById, job.executionId)),
    ),
  );
  const readable = all.filter((_, index) => seen[index] !== null);
  const { after } = request;
  const begin =
    after === undefined
      ? request.offset
      : readable.filter(({ queuedAt, id }) => queuedAt < after[0] || (+queuedAt === +after[0] && id <= after[1]))
          .length;
  return toPage(request, {
    rows: readable.slice(begin, begin + request.fetch),
    cursor: (row) => jobCursor.encode([row.queuedAt, row.id]),
    countTotal: () => Promise.resolve(readable.length),
  });
}

/**
 * Jobs that an agent has started and the caller may see, newest first, as far back as their events are kept.
 */
export async function listJobsStartedBy(
  app: App,
  actor: Actor,
  agentId: string,
  statuses: readonly JobStatus[] | null,
  page: PageArguments,
): Promise<Page<Job>> {
  const { id } = await readAgent(app, actor, agentId);
  const request = readPage(page, startedCursor);
  const parameters: unknown[] = [id];
  const where = allOf([
    `event.type = 'JOB_STARTED' AND event.data->>'agentId' = $1`,
    ...(statuses === null ? [] : [`job.status = ANY (${bind(parameters, statuses)}::text[])`]),
    actor.access.condition('READ', 'Execution', 'e', parameters),
  ]);
  const from = `execution_event event JOIN job ON job.id = (event.data->>'jobId')::uuid
    JOIN execution e ON e.id = event.execution_id`;
  const listed = [...parameters];
  const after = request.after
    ? ` AND ${afterCondition(['event.at', 'event.run_id', 'event.sequence'], 'DESC', request.after, parameters)}`
    : '';
  const rows = await app.database.rows<Job & { readonly at: Date; readonly sequence: number }>(
    `SELECT ${columnsOf(jobTable, 'job')}, event.at, event.sequence FROM ${from} WHERE ${where}${after}
     ORDER BY event.at DESC, event.run_id DESC, event.sequence DESC
     LIMIT ${bind(parameters, request.fetch)} OFFSET ${bind(parameters, request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: ({ at, runId, sequence }) => startedCursor.encode([at, runId, sequence]),
    countTotal: async () => {
      const [row] = await app.database.rows<{ n: string }>(`SELECT count(*) AS n FROM ${from} WHERE ${where}`, listed);
      return Number(row?.n ?? 0);
    },
  });
}

/** Registration tokens, newest first. */
export async function listAgentTokens(
  app: App,
  actor: Actor,
  includeRevoked: boolean,
  page: PageArguments,
): Promise<Page<AgentToken>> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  const request = readPage(page, tokenCursor);
  const parameters: unknown[] = [];
  const where = includeRevoked ? 'TRUE' : 'token.revoked_at IS NULL';
  const after = request.after
    ? ` AND ${afterCondition(['token.created_at', 'token.id'], 'DESC', request.after, parameters)}`
    : '';
  const rows = await app.database.rows<AgentToken>(
    `SELECT ${columnsOf(agentTokenTable, 'token')} FROM agent_token token WHERE ${where}${after}
     ORDER BY token.created_at DESC, token.id DESC LIMIT ${bind(parameters, request.fetch)} OFFSET ${bind(parameters, request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: (row) => tokenCursor.encode([row.createdAt, row.id]),
    countTotal: async () => {
      const [row] = await app.database.rows<{ n: string }>(
        `SELECT count(*) AS n FROM agent_token token WHERE ${where}`,
      );
      return Number(row?.n ?? 0);
    },
  });
}

const MOST_HOURS = 6;
const LEAST_STEP_SECONDS = 30;

/** Checks which part of an agent's samples is asked for. */
export function readSeries(given: { readonly hours: number; readonly stepSeconds: number }): void {
  const errors: InputError[] = [];
  const { hours, stepSeconds } = given;
  if (hours < 1 || hours > MOST_HOURS) {
    errors.push(broken('hours', hours, 'RANGE', `must be from 1 to ${MOST_HOURS}.`));
  }
  if (stepSeconds < LEAST_STEP_SECONDS || stepSeconds > 3600) {
    errors.push(broken('stepSeconds', stepSeconds, 'RANGE', `must be from ${LEAST_STEP_SECONDS} to 3600.`));
  }
  if (errors.length > 0) throw invalidInput(errors);
}
