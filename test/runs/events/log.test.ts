import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { getNamedType, type GraphQLInterfaceType, type GraphQLObjectType, isLeafType } from 'graphql';
import { pruneEvents } from '../../../src/runs/events/eventRetention';
import { eventTypes, OtherEvent } from '../../../src/api/events/events.types';
import { resolvers } from '../../../src/api/graphql/resolvers';
import { buildGraphqlSchema } from '../../../src/api/graphql/schema';
import { Reading } from '../../support/reading';
import { note, eventsWorld } from './world';

interface EventPage {
  readonly nodes: readonly {
    readonly __typename: string;
    readonly sequence: number;
    readonly type: string;
    readonly data: object;
  }[];
  readonly edges: readonly { readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null; readonly total: number };
  readonly gap: { readonly reason: string; readonly after: string } | null;
}

const PAGE = `query ($id: ID!, $after: ID, $first: Int) { executionEvents(executionId: $id, after: $after, first: $first) {
  nodes { __typename sequence type data runId executionId at actor { kind id name } } edges { cursor }
  pageInfo { hasNextPage endCursor total } gap { reason after } } }`;

const world = eventsWorld();

async function page(id: string, more: { after?: string | number | null; first?: number } = {}): Promise<EventPage> {
  const { executionEvents } = await world.server.client.ask<{ executionEvents: EventPage }>(PAGE, { id, ...more });
  return executionEvents;
}

describe('the log', () => {
  it('is read in pages, in order, each event once', async () => {
    const id = await world.runs.start('workflow', 'idle');
    await note(world.server, { runId: id }, 23);
    const events = await world.runs.events(id);
    const seen: number[] = [];
    let after: string | null = null;
    for (let more = true; more; ) {
      const { nodes, edges, pageInfo, gap }: EventPage = await page(id, { after, first: 10 });
      seen.push(...nodes.map((node) => node.sequence));
      expect(edges.map((edge) => edge.cursor)).toEqual(nodes.map((node) => String(node.sequence)));
      expect(gap).toBeNull();
      expect(pageInfo.total).toBe(events.length);
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(seen).toEqual(events.map((event) => event.sequence));
    expect((await page(id, { after })).nodes).toEqual([]);
    await expect(page(id, { after: 'x' })).rejects.toThrow('INVALID_INPUT');
    await expect(page(id, { first: 501 })).rejects.toThrow('INVALID_INPUT');
    await expect(page('01a1fde6-77b0-740d-b857-a367d0a2b8ae')).rejects.toThrow('NOT_FOUND');
  });

  it('maps each type to its own object, and unknown types to a generic one', async () => {
    const id = await world.runs.start('workflow', 'idle');
    await world.server.app.database.write(
      `WITH run AS (UPDATE execution SET last_sequence = last_sequence + 1, last_execution_sequence = last_execution_sequence + 1 WHERE id = $1 RETURNING *)
       INSERT INTO execution_event (run_id, sequence, execution_id, execution_sequence, transaction_id, type, at, actor, data)
       SELECT id, last_sequence, id, last_execution_sequence, 1, 'TELEPORTED', now(), '{"kind":"SYSTEM","id":"x","name":"x"}', '{"to":"mars"}' FROM run`,
      [id],
    );
    const { nodes } = await page(id);
    expect(nodes.map((node) => [node.type, node.__typename])).toEqual([
      ['EXECUTION_CREATED', 'ExecutionCreatedEvent'],
      ['JOB_QUEUED', 'JobQueuedEvent'],
      ['TELEPORTED', 'OtherEvent'],
    ]);
    expect(nodes.at(-1)?.data).toEqual({ to: 'mars' });
  });

  it('has an event for each change that the API shows, of a run with all kinds of them', async () => {
    const id = await world.runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
    await world.agent.runOne();
    await world.runs.until(id, 'WAITING');
    await world.runs.decide(id, 'APPROVE', 'fine');
    const job = await world.agent.claimOne();
    await world.agent.start(job);
    const file = Buffer.from('hello');
    await world.agent.upload(job, 'note.txt', file, createHash('sha256').update(file).digest('hex'));
    await world.agent.finish(job);
    await world.runs.until(id, 'SUCCESS');
    const failing = await world.runs.start('workflow', 'one');
    await world.agent.runOne({ exitCode: 1 });
    await world.runs.until(failing, 'FAILED');
    const aborted = await world.runs.start('workflow', 'idle');
    await world.runs.abort(aborted, 'enough');
    const types: string[] = [];
    for (const run of [id, failing, aborted]) types.push(...(await world.runs.events(run)).map((event) => event.type));
    // Events of other kinds of runs, which other tests cover.
    const others =
      /^(ATTEMPT_STARTED|JOB_LOST|JOB_FACTS|JOB_MOVED|PRIORITY_CHANGED|FINALLY_STARTED|BESIDE_TASK_CREATED|RUNTIME_INPUTS_\w+|INTERVE\w+|(PAUSE|CONTINUE)_REQUESTED|RESTORE_(STARTED|ENDED)|TASK_RETRIED|BEGIN_DELAYED|FREEZE_OVERRIDDEN|ROLLED_BACK|SUBSCRIPTION_SWITCHED_OFF|DRIFTED|DRIFT_RESOLVED|APPROVAL_(UNDECIDABLE|DECIDABLE|REASSIGNED|REMINDED|ESCALATED|VOTED|CHANGED))$/;
    expect(Object.keys(eventTypes).filter((type) => !types.includes(type) && !others.test(type))).toEqual([]);
  });

  it('returns the fields of every type', async () => {
    const schema = buildGraphqlSchema(resolvers);
    const common = Object.keys((schema.getType('ExecutionEvent') as GraphQLInterfaceType).getFields());
    const types = [...Object.values(eventTypes), OtherEvent];
    const id = await world.runs.start('workflow', 'one');
    await world.agent.runOne({ exitCode: 1 });
    await world.runs.until(id, 'FAILED');
    // Split, because an operation may have 60 aliases.
    for (let first = 0; first < types.length; first += 6) {
      const some = types.slice(first, first + 6);
      const parts = some.map(({ name }, index) => {
        const own = Object.values((schema.getType(name) as GraphQLObjectType).getFields());
        const fields = own
          .filter((field) => !common.includes(field.name))
          .map(
            ({ name: field, type }) =>
              `f${index}${field}: ${field}${isLeafType(getNamedType(type)) ? '' : ' { __typename }'}`,
          );
        return `... on ${name} { ${fields.join(' ')} __typename }`;
      });
      const query = `subscription ($id: ID!) { executionEvents(executionId: $id, after: 0) { cursor event { ${parts.join(' ')} } } }`;
      const items = await new Reading<{ event: object | null }>(world.server.url, query, { id }).rest();
      expect(items).toHaveLength((await world.runs.events(id)).length);
      expect(items.every((item) => item.event !== null)).toBe(true);
    }
  });

  it('is read through an index, whatever its length', async () => {
    const id = await world.runs.start('workflow', 'idle');
    await note(world.server, { runId: await world.runs.start('workflow', 'idle') }, 5000);
    const { database } = world.server.app;
    await database.write('ANALYZE execution_event');
    for (const owner of ['run_id = $1', 'execution_id = $1 AND run_id <> execution_id']) {
      const sequence = owner === 'run_id = $1' ? 'sequence' : 'execution_sequence';
      const plan = await database.rows<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT * FROM execution_event event WHERE ${owner} AND ${sequence} > 5 ORDER BY ${sequence} LIMIT 100`,
        [id],
      );
      const text = plan.map((line) => line['QUERY PLAN']).join('\n');
      expect(text).toMatch(/Index Scan/);
      expect(text).not.toMatch(/Sort|Seq Scan/);
    }
  });
});

describe('retention', () => {
  const days = 86_400_000;

  it('deletes old events of runs that ended long ago, and reports a gap', async () => {
    const old = await world.runs.start('workflow', 'one');
    await world.agent.runOne();
    await world.runs.until(old, 'SUCCESS');
    const active = await world.runs.start('workflow', 'idle');
    const last = (await world.runs.events(old)).length;
    const { app } = world.server;
    const later = new Date(Date.now() + (app.config.SLIPWAY_EVENT_RETENTION_DAYS + 1) * days);
    const cursor = await firstCursor();
    await pruneEvents({ ...app, clock: { now: () => later } });
    expect(await world.runs.events(old)).toEqual([]);
    expect(await world.runs.events(active)).not.toEqual([]);
    expect(await page(old)).toMatchObject({ nodes: [], gap: { reason: 'PRUNED', after: '0' } });
    expect(await page(old, { after: last })).toMatchObject({ nodes: [], gap: null });
    const stream = new Reading<{ gap: object | null; snapshot: { sequence: number } | null }>(
      world.server.url,
      'subscription ($id: ID!) { executionEvents(executionId: $id, after: 2) { gap { reason after } snapshot { sequence } } }',
      { id: old },
    );
    expect(await stream.rest()).toEqual([{ gap: { reason: 'PRUNED', after: '2' }, snapshot: { sequence: last } }]);
    const updates = new Reading<{ gap: object | null }>(
      world.server.url,
      'subscription ($after: ID) { executionsUpdated(after: $after) { gap { reason } } }',
      { after: cursor },
    );
    expect(await updates.next()).toEqual({ gap: { reason: 'PRUNED' } });
    await updates.close();
  });

  it('keeps newer events', async () => {
    const id = await world.runs.start('workflow', 'one');
    await world.agent.runOne();
    await world.runs.until(id, 'SUCCESS');
    const before = await world.runs.events(id);
    const { app } = world.server;
    const nearly = new Date(Date.now() + (app.config.SLIPWAY_EVENT_RETENTION_DAYS - 1) * days);
    await pruneEvents({ ...app, clock: { now: () => nearly } });
    expect(await world.runs.events(id)).toEqual(before);
  });

  /** A cursor before all existing events. */
  async function firstCursor(): Promise<string> {
    const reading = new Reading<{ cursor: string }>(world.server.url, 'subscription { executionsUpdated { cursor } }');
    const cursor = (await reading.next())?.cursor ?? '';
    await reading.close();
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    return Buffer.from(JSON.stringify(parts.with(2, 1))).toString('base64url');
  }
});
