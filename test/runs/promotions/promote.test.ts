import type { ApiError } from '../../../src/client/apiError';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';
import { slipway } from '../../cli/program';

const pipeline = (name: string, environment: string) => `---
kind: Pipeline
application: app
name: ${name}
stages: [{ elements: [{ name: put, workflow: put, environment: ${environment} }] }]
`;

const DEFINITIONS = `${APP.replace('type: PROD', 'type: PROD\nafter: staging')}---
kind: Workflow
application: app
name: put
environment: \${environment}
services: [web]
tasks: { put: { run: x, deploys: true } }
${pipeline('to-staging', 'staging')}${pipeline('to-prod', 'prod')}`;

describe('promote', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const ids = new Map<string, string>();
  beforeAll(async () => {
    const rows = await server.app.database.rows<{ id: string; name: string }>('SELECT id, name FROM environment');
    for (const { id, name } of rows) ids.set(name, id);
  });
  const deploy = async (name: string, image: string) => {
    await runs.start('pipeline', name, { serviceInputs: [{ name: 'web', image }] });
    await agent.runOne();
  };
  const promote = (more: object = {}) =>
    server.client.ask<{ promote: { execution: { id: string } } }>(
      'mutation ($input: PromoteInput!) { promote(input: $input) { execution { id } } }',
      { input: { toId: ids.get('prod'), ...more } },
    );
  const refused = (asked: Promise<unknown>) => asked.then(() => 'OK').catch((error: ApiError) => error.code);
  const inFront = async () =>
    (
      await server.client.ask<{ environment: object }>(
        `query ($id: ID!) { environment(environmentId: $id) { previous { name } deployments { image }
           waitingPromotions { service { name } deployment { image } current { image } older } } }`,
        { id: ids.get('prod') },
      )
    ).environment;

  it('starts the only pipeline that fits, with the images of the environment before', async () => {
    expect(await refused(promote())).toBe('NOTHING_TO_PROMOTE');
    await deploy('to-staging', 'web:1');
    await deploy('to-prod', 'web:1');
    await deploy('to-staging', 'web:2');
    const web = { service: { name: 'web' }, deployment: { image: 'web:2' }, current: { image: 'web:1' }, older: false };
    expect(await inFront()).toEqual({
      ...{ previous: { name: 'staging' }, deployments: [{ image: 'web:1' }], waitingPromotions: [web] },
    });
    const shown = await slipway(server.url, ['promote', 'prod', '--dry-run']);
    expect(shown.out).toBe('Promotion from staging to app/prod:\n  web web:1 → web:2\n  starts pipeline to-prod\n');
    const { execution } = (await promote({ idempotencyKey: 'once' })).promote;
    await agent.runOne();
    expect((await promote({ idempotencyKey: 'once' })).promote.execution.id).toBe(execution.id);
    expect(await inFront()).toMatchObject({ deployments: [{ image: 'web:2' }], waitingPromotions: [] });
  });

  it('is refused if the target has a newer image, unless overruled, and if several definitions fit', async () => {
    await deploy('to-prod', 'web:3');
    expect(await refused(promote())).toBe('ENVIRONMENT_MOVED_ON');
    expect((await slipway(server.url, ['promote', 'prod', '--overrule', '--yes', '--no-follow'])).code).toBe(0);
    await agent.runOne();
    expect(await inFront()).toMatchObject({ deployments: [{ image: 'web:2' }] });
    await runs.apply(pipeline('also', 'prod'));
    await deploy('to-staging', 'web:4');
    expect(await refused(promote())).toBe('NOT_STARTABLE');
    expect(await refused(promote({ pipelineId: 'none' }))).toBe('NOT_FOUND');
    await promote({ pipelineId: 'also' });
    await agent.runOne();
    expect(await inFront()).toMatchObject({ deployments: [{ image: 'web:4' }] });
    expect(await refused(promote({ fromId: ids.get('prod') }))).toBe('INVALID_INPUT');
  });
});
