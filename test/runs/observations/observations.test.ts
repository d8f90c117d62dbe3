import type { ApiError } from '../../../src/client/apiError';
import { readReport } from '../../../src/engine/observation';
import { deleteObservations } from '../../../src/runs/observations/observations.store';
import { moveObservations } from '../../../src/runs/observations/observe';
import { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { createKey, READS_RUNS } from '../../support/keys';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}---
kind: Service
application: app
name: search-api
---
kind: Workflow
application: app
name: deploy
environment: \${environment}
services: [web, search-api]
variables: [{ name: MODE, required: true }]
concurrency: one
observe: { every: 10m, run: ./running.sh, timeout: 1m }
tasks: { put: { run: x } }
---
{ kind: Environment, application: app, name: idle, type: NON_PROD }
`;

const STATE = `query ($id: ID!) { environment(environmentId: $id) {
  observers { workflow { name } everySeconds nextAt lastAt lastOutcome lastReason observedAt lastExecution { id status } }
  deployments { service { name } drifted observed { image execution { id } } } } }`;
const OBSERVE = `mutation ($id: ID!) { observeEnvironment(input: { environmentId: $id }) { environment { name } } }`;

interface State {
  readonly observers: readonly {
    readonly lastAt: string | null;
    readonly lastOutcome: string | null;
    readonly lastReason: string | null;
    readonly lastExecution: { id: string; status: string } | null;
  }[];
  readonly deployments: readonly {
    readonly service: { name: string };
    readonly drifted: boolean;
    readonly observed: { image: string | null } | null;
  }[];
}

describe('observations of environments', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const environments = new Map<string, string>();
  beforeAll(async () => {
    const rows = await server.app.database.rows<{ id: string; name: string }>('SELECT id, name FROM environment');
    for (const { id, name } of rows) environments.set(name, id);
  });
  const idOf = (environment: string) => environments.get(environment) ?? '';
  const state = async (environment: string): Promise<State> =>
    (await server.client.ask<{ environment: State }>(STATE, { id: idOf(environment) })).environment;
  const deploy = async (environment: string, images: Record<string, string>) => {
    const id = await runs.start('workflow', 'deploy', {
      serviceInputs: Object.entries({ web: 'web:1', 'search-api': 'search:1', ...images }).map(([name, image]) => ({
        name,
        image,
      })),
      variableInputs: [
        { name: 'environment', variableValue: { type: 'NAME', value: environment } },
        { name: 'MODE', variableValue: { type: 'NAME', value: 'x' } },
      ],
    });
    return id;
  };
  const work = (id: string) =>
    agent.work(
      () => runs.is(id, 'SUCCESS', 'FAILED'),
      (job) => job.task === 'observe',
    );
  /** Ends the observation that an agent gets next, and waits until it is evaluated. */
  const report = async (environment: string, value: string | null, result: object = {}) => {
    const before = (await state(environment)).observers[0]?.lastAt ?? null;
    const job = await agent.claimOne();
    expect(job.task).toBe('observe');
    await agent.start(job);
    const outputs = value === null ? [] : [{ name: 'OBSERVED', value }];
    await agent.finish(job, { outputs, ...result });
    return eventually(
      () => state(environment),
      ({ observers }) => (observers[0]?.lastAt ?? null) !== before,
      { what: 'an observation' },
    );
  };
  const observe = (environment: string, client = server.client) => client.ask(OBSERVE, { id: idOf(environment) });
  const refused = (asked: Promise<unknown>) => asked.then(() => 'OK').catch((error: ApiError) => error.code);
  const drift = async (runId: string) =>
    (await runs.events(runId))
      .filter(({ type }) => type.startsWith('DRIFT'))
      .map(({ type, data }) => [type, data.image, data.observed]);
  const driftedNames = async (drifted: boolean) => {
    const query = 'query ($drifted: Boolean) { environments(filters: [{ drifted: $drifted }]) { nodes { name } } }';
    const found = await server.client.ask<{ environments: { nodes: { name: string }[] } }>(query, { drifted });
    return found.environments.nodes.map(({ name }) => name);
  };
  const due = (environment: string) =>
    server.app.database.write(`UPDATE observer SET next_at = now() - interval '25 minutes' WHERE environment_id = $1`, [
      idOf(environment),
    ]);

  it('compares images with the record on schedule and on demand, with events', async () => {
    const first = await deploy('staging', { web: 'web:1' });
    await work(first);
    // The environment has its services now, so it is observed. MODE has no value, which is no obstacle.
    const seen = await report('staging', 'web=web:1\n\nsearch-api = search:1\nother=x');
    expect(seen.observers).toMatchObject([
      { workflow: { name: 'deploy' }, everySeconds: 600, lastOutcome: 'SUCCEEDED' },
    ]);
    expect(seen.deployments).toMatchObject([
      { service: { name: 'search-api' }, drifted: false, observed: { image: 'search:1' } },
      { service: { name: 'web' }, drifted: false, observed: { image: 'web:1' } },
    ]);

    // Missed ticks count as one, no matter which server takes it.
    await due('staging');
    await Promise.all([1, 2, 3].map(() => moveObservations(server.app)));
    const [counted] = await server.app.database.rows<{ open: number; next: boolean }>(
      `SELECT (SELECT count(*)::int FROM observation WHERE ended_at IS NULL) AS open,
         (SELECT next_at > now() AND next_at <= now() + interval '10 minutes' FROM observer) AS next`,
    );
    expect(counted).toEqual({ open: 1, next: true });
    expect((await report('staging', 'web=web:7\nsearch-api=')).deployments).toMatchObject([
      { drifted: true, observed: { image: null } },
      { drifted: true, observed: { image: 'web:7' } },
    ]);
    expect([await driftedNames(true), await driftedNames(false)]).toEqual([['staging'], ['idle', 'prod']]);
    await observe('staging');
    await report('staging', 'web=web:7\nsearch-api=search:1');
    await observe('staging');
    await report('staging', 'web=web:1');
    expect(await drift(first)).toEqual([
      ['DRIFTED', 'search:1', null],
      ['DRIFTED', 'web:1', 'web:7'],
      ['DRIFT_RESOLVED', 'search:1', 'search:1'],
      ['DRIFT_RESOLVED', 'web:1', 'web:1'],
    ]);

    // A new deployment is compared anew.
    await observe('staging');
    await report('staging', 'web=web:2');
    const second = await deploy('staging', { web: 'web:2' });
    await work(second);
    expect((await state('staging')).deployments).toMatchObject([
      { drifted: false },
      { drifted: false, observed: null },
    ]);
    expect(await driftedNames(true)).toEqual([]);
    await observe('staging');
    await report('staging', 'web=web:2');
    expect((await drift(first)).slice(4)).toEqual([
      ['DRIFTED', 'web:1', 'web:2'],
      ['DRIFT_RESOLVED', 'web:1', 'web:2'],
    ]);
    expect(await drift(second)).toEqual([]);

    const list = async (observations: boolean) => {
      const query = `query ($observations: Boolean) { executions(filters: [{ observations: $observations }]) { nodes { id attempts { kind } } } }`;
      return (
        await server.client.ask<{ executions: { nodes: { id: string; attempts: { kind: string }[] }[] } }>(query, {
          observations,
        })
      ).executions.nodes;
    };
    expect((await list(false)).map(({ id }) => id)).toEqual([second, first]);
    const observations = await list(true);
    expect(new Set(observations.map(({ attempts }) => attempts[0]?.kind))).toEqual(new Set(['OBSERVE']));

    // Observations are no history, and everything else is.
    const { database } = server.app;
    await database.transaction((db) =>
      deleteObservations(
        db,
        observations.slice(1).map(({ id }) => id),
      ),
    );
    expect(await list(true)).toHaveLength(1);
    await expect(database.transaction((db) => deleteObservations(db, [first]))).rejects.toThrow('only ever added to');
  });

  it('shows why there is no result, and is skipped during a deployment', async () => {
    const id = await deploy('prod', {});
    await work(id);
    await report('prod', 'web=web:1');
    const outcome = async (value: string | null, result: object = {}) => {
      await observe('prod');
      const { observers, deployments } = await report('prod', value, result);
      // Earlier results stay.
      expect(deployments[1]).toMatchObject({ observed: { image: 'web:1' } });
      return [observers[0]?.lastOutcome, observers[0]?.lastReason];
    };
    expect(await outcome(null, { exitCode: 3 })).toEqual(['FAILED', expect.stringContaining('FAILED')]);
    expect(await outcome(null)).toEqual(['FAILED', expect.stringContaining('wrote nothing')]);
    expect(await outcome('nonsense')).toEqual(['FAILED', '"nonsense" in its report is not a line SERVICE=IMAGE']);

    await observe('prod');
    const missing = await eventually(
      () =>
        server.app.database.rows<{ id: string }>('SELECT execution_id AS id FROM observation WHERE ended_at IS NULL'),
      (rows) => rows.length > 0,
      { what: 'an observation' },
    );
    await server.app.database.write('UPDATE execution SET expires_at = now() WHERE id = $1', [missing[0]?.id]);
    await eventually(
      async () => (await state('prod')).observers[0]?.lastReason,
      (reason) => reason === 'no agent took its task in time',
      { what: 'the end of the observation' },
    );

    const running = await deploy('prod', { web: 'web:2' });
    const put = await agent.claimOne();
    await agent.start(put);
    expect(await refused(observe('prod'))).toBe('NOT_OBSERVABLE');
    await due('prod');
    await moveObservations(server.app);
    expect((await state('prod')).observers).toMatchObject([{ lastOutcome: 'SKIPPED' }]);
    await agent.finish(put);
    await work(running);

    // A deployment that begins meanwhile makes the result meaningless.
    await observe('prod');
    const job = await agent.claimOne();
    await agent.start(job);
    await work(await deploy('prod', { web: 'web:3' }));
    await agent.finish(job, { outputs: [{ name: 'OBSERVED', value: 'web=web:2' }] });
    const { deployments } = await eventually(
      () => state('prod'),
      ({ observers }) => observers[0]?.lastExecution?.status === 'SUCCESS' && observers[0]?.lastOutcome === 'SKIPPED',
      { what: 'the end of the observation' },
    );
    expect(deployments[1]).toMatchObject({ drifted: false, observed: null });
  });

  it('requires EXECUTE_WORKFLOW, and a workflow with observe', async () => {
    const sees = new TestClient(server.url, await createKey(server.client, 'Sees', READS_RUNS, 'sees'));
    expect(['FORBIDDEN', 'NOT_FOUND']).toContain(await refused(observe('staging', sees)));
    expect(await refused(observe('idle'))).toBe('NOT_OBSERVABLE');
    expect(readReport('a=b=c\nd=').images).toEqual(
      new Map([
        ['a', 'b=c'],
        ['d', null],
      ]),
    );
  });
});
