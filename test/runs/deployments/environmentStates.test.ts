import type { Deployment } from '../../../src/engine/deployment';
import { newId } from '../../../src/kernel/ids';
import { groupBy } from '../../../src/kernel/loaders';
import { writeDeployments } from '../../../src/runs/deployments/deployments.store';
import { momentKey, servicesAt } from '../../../src/runs/deployments/environmentStates';
import { randomness } from '../../support/property';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const SERVICES = ['api', 'web', 'worker'];
const DEFINITIONS = `${APP}
---
{kind: Service, application: app, name: api}
---
{kind: Service, application: app, name: worker}
---
kind: Workflow
application: app
name: put
environment: staging
services: [api, web, worker]
tasks:
  eu: { run: x, deploys: true }
  us: { run: x, deploys: true }
`;

interface Entry {
  readonly at: Date;
  readonly order: number;
  readonly row: Deployment;
}

const { PROPERTY_SEED: given } = process.env;
const seed = given === undefined ? Date.now() : Number(given);

describe('stateAt', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  const ask = <T>(query: string, variables: Record<string, unknown>) => server.client.ask<T>(query, variables);

  it('equals a replay of the log at 1,000 random moments', async () => {
    const { database, clock } = server.app;
    const random = randomness(seed);
    const images = Object.fromEntries(SERVICES.map((name) => [name, `${name}:0`]));
    const serviceInputs = Object.entries(images).map(([name, image]) => ({ name, image }));
    const tasks: { id: string; executionId: string; name: string }[] = [];
    for (let n = 0; n < 3; n++) {
      const id = await runs.start('workflow', 'put', { serviceInputs });
      tasks.push(...((await runs.read(id)).tasks ?? []).map((task) => ({ ...task, executionId: id })));
    }
    const [environment] = await database.rows<{ id: string }>(`SELECT id FROM environment WHERE name = 'staging'`);
    const environmentId = environment?.id ?? '';
    const services = await database.rows<{ id: string; name: string }>('SELECT id, name FROM service');

    // A random history: tasks of three executions deploy in parallel, and end in any way.
    const log: Entry[] = [];
    const open = new Map<string, Deployment>();
    const begin = clock.now().getTime() - 3_600_000;
    let time = begin;
    for (let step = 0; step < 400; step++) {
      time += random(3) * 1000;
      const task = tasks[random(tasks.length)] as (typeof tasks)[number];
      const service = services[random(services.length)] as (typeof services)[number];
      const key = `${task.id} ${service.id}`;
      const before = open.get(key) ?? null;
      const at = new Date(time);
      const after: Deployment =
        before === null
          ? {
              ...{ id: newId(), environmentId, serviceId: service.id, image: `${service.name}:${step}` },
              ...{ status: 'IN_PROGRESS', executionId: task.executionId, attempt: 1, runId: task.executionId },
              ...{ taskExecutionId: task.id, task: task.name, operationId: null, startedAt: at, endedAt: null },
            }
          : { ...before, status: (['SUCCEEDED', 'FAILED', 'UNKNOWN'] as const)[random(3)] ?? 'FAILED', endedAt: at };
      await database.transaction((db) => writeDeployments(db, [{ before, after }]));
      if (before === null) open.set(key, after);
      else open.delete(key);
      log.push({ at, order: step, row: after });
    }

    const moments = Array.from({ length: 1000 }, () => new Date(begin - 2000 + random(time - begin + 4000)));
    const keys = moments.map((at) => momentKey({ environmentId, at }));
    const found = await servicesAt(server.app, keys);
    const shown = (row: Deployment | null) => row && `${row.image} ${row.status} ${row.executionId}`;
    const states = keys.map((key) =>
      (found.get(key) ?? []).map(({ serviceId, deployment, newer }) => [serviceId, shown(deployment), shown(newer)]),
    );
    const replayed = moments.map((at) => replay(log, at).map(([id, has, newer]) => [id, shown(has), shown(newer)]));
    const nameOf = (id: unknown) => services.find((one) => one.id === id)?.name ?? '';
    for (const list of replayed) list.sort(([a], [b]) => (nameOf(a) < nameOf(b) ? -1 : 1));
    for (const [index, state] of states.entries())
      expect({ seed, at: moments[index], state }).toEqual({ seed, at: moments[index], state: replayed[index] });
  });

  it('has the freeze as it was then, even after a change and a deletion', async () => {
    const times: string[] = [];
    const note = () => {
      const time = server.app.clock.now().toISOString();
      times.push(time);
      // The history has milliseconds.
      while (server.app.clock.now().toISOString() === time);
    };
    note();
    const { environments } = await ask<{ environments: { nodes: { id: string }[] } }>(
      '{ environments(filters: [{ name: { operator: EQUALS, values: ["prod"] } }]) { nodes { id } } }',
      {},
    );
    const environmentIds = environments.nodes.map(({ id }) => id);
    const given = { name: 'Year end', reason: 'x', from: '2026-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z' };
    const { createFreeze } = await ask<{ createFreeze: { freeze: { id: string } } }>(
      'mutation ($input: CreateFreezeInput!) { createFreeze(input: $input) { freeze { id } } }',
      { input: { ...given, environmentIds } },
    );
    const freezeId = createFreeze.freeze.id;
    note();
    await ask('mutation ($input: UpdateFreezeInput!) { updateFreeze(input: $input) { freeze { id } } }', {
      input: { freezeId, reason: 'y', until: '2100-01-01T00:00:00Z' },
    });
    note();
    await ask('mutation ($id: ID!) { deleteFreeze(input: { freezeId: $id }) { clientMutationId } }', { id: freezeId });
    note();
    const fields = 'freeze { from until freeze { name reason } }';
    const found = await Promise.all(
      times.map((time) =>
        ask<{ environments: { nodes: { stateAt: { freeze: object | null } }[] } }>(
          `query ($time: DateTime!) { environments(filters: [{ name: { operator: EQUALS, values: ["prod"] } }]) { nodes { stateAt(time: $time) { ${fields} } } } }`,
          { time },
        ).then((one) => one.environments.nodes[0]?.stateAt?.freeze ?? null),
      ),
    );
    expect(found).toEqual([
      null,
      {
        from: '2026-01-01T00:00:00.000Z',
        until: '2099-01-01T00:00:00.000Z',
        freeze: { name: 'Year end', reason: 'x' },
      },
      {
        from: '2026-01-01T00:00:00.000Z',
        until: '2100-01-01T00:00:00.000Z',
        freeze: { name: 'Year end', reason: 'y' },
      },
      null,
    ]);
    await expect(server.app.database.rows('DELETE FROM freeze_version')).rejects.toThrow('only ever added to');
  });

  it('has the variables, and null before the environment existed', async () => {
    const read = (time: string) =>
      ask<{ environments: { nodes: { id: string; stateAt: { at: string; variables: object[] } | null }[] } }>(
        `query ($time: DateTime!) { environments(filters: [{ name: { operator: EQUALS, values: ["prod"] } }]) { nodes { id
           stateAt(time: $time) { at services { newer { image } } variables { name value } } } } }`,
        { time },
      ).then(({ environments }) => environments.nodes[0]);
    const change = (environmentId: string, variables: object[]) =>
      ask('mutation ($input: UpdateEnvironmentInput!) { updateEnvironment(input: $input) { environment { id } } }', {
        input: { environmentId, variables },
      });
    const now = () => server.app.clock.now().toISOString();
    const { id = '', stateAt } = (await read('2999-01-01T00:00:00Z')) ?? {};
    expect(stateAt?.variables).toEqual([]);
    expect(Date.parse(stateAt?.at ?? '')).toBeLessThanOrEqual(Date.now());
    expect((await read('2001-01-01T00:00:00Z'))?.stateAt).toBeNull();

    const times: string[] = [];
    for (const value of ['1', '2']) {
      await change(id, [{ name: 'LEVEL', value }]);
      times.push(now());
      // The history has milliseconds.
      while (now() === times.at(-1));
    }
    for (const [index, time] of times.entries())
      expect((await read(time))?.stateAt?.variables).toEqual([{ name: 'LEVEL', value: String(index + 1) }]);

    const { compareEnvironments } = await ask<{ compareEnvironments: object }>(
      `query ($id: ID!, $a: DateTime!) { compareEnvironments(a: $id, aTime: $a, b: $id) { services { name }
         variables { name a b } secrets { name } } }`,
      { id, a: times[0] },
    );
    expect(compareEnvironments).toEqual({ services: [], variables: [{ name: 'LEVEL', a: '1', b: '2' }], secrets: [] });
    await expect(
      server.app.database.rows(`UPDATE environment_values SET variables = '{}' WHERE environment_id = $1`, [id]),
    ).rejects.toThrow('only ever added to');
  });

  it('compares images, with the newer side, by the age of the image', async () => {
    const same = await ask<{ compareEnvironments: { services: { name: string }[] } }>(
      `query ($a: ID!) { compareEnvironments(a: $a, b: $a, includeEqual: true) {
         services { name newer a { image } b { image } } variables { name a b different } secrets { name } } }`,
      await environmentIds(),
    );
    expect(same.compareEnvironments.services.map(({ name }) => name)).toEqual(SERVICES);
    expect(same.compareEnvironments).toMatchObject({
      variables: [{ name: 'WHERE', a: 'staging', b: 'staging', different: false }],
    });
    const { compareEnvironments } = await ask<{ compareEnvironments: { services: Record<string, unknown>[] } }>(
      `query ($a: ID!, $b: ID!) { compareEnvironments(a: $a, b: $b) { services { name newer a { image } b { image } } } }`,
      await environmentIds(),
    );
    expect(compareEnvironments.services.map(({ name, newer, b }) => ({ name, newer, b }))).toEqual(
      SERVICES.map((name) => ({ name, newer: null, b: null })),
    );
  });

  const environmentIds = async () => {
    const rows = await server.app.database.rows<{ id: string; name: string }>('SELECT id, name FROM environment');
    const of = (name: string) => rows.find((row) => row.name === name)?.id;
    return { a: of('staging'), b: of('prod') };
  };
});

/** What the environment had at a moment, from all changes up to then: the newest success, and what nothing settled. */
function replay(log: readonly Entry[], until: Date): [string, Deployment | null, Deployment | null][] {
  const past = log.filter(({ at }) => at <= until);
  return [...groupBy(past, ({ row }) => row.serviceId)].flatMap(([serviceId, own]) => {
    const begun = new Map<string, number>();
    const ends: Entry[] = [];
    const open = new Map<string, Deployment>();
    for (const entry of own) {
      if (entry.row.status === 'IN_PROGRESS') {
        begun.set(entry.row.id, entry.order);
        open.set(entry.row.id, entry.row);
      } else {
        open.delete(entry.row.id);
        ends.push(entry);
      }
    }
    const succeeded = ends.filter(({ row }) => row.status === 'SUCCEEDED');
    const settles = (failed: Entry) => (later: Entry) =>
      (begun.get(later.row.id) ?? 0) > failed.order &&
      (later.row.executionId !== failed.row.executionId || later.row.task === failed.row.task);
    const unsettled = ends.filter((one) => one.row.status !== 'SUCCEEDED' && !succeeded.some(settles(one)));
    const has = succeeded.at(-1)?.row ?? null;
    const newer = [...open.values()].at(-1) ?? unsettled.at(-1)?.row ?? null;
    return [[serviceId, has, newer] as [string, Deployment | null, Deployment | null]];
  });
}
