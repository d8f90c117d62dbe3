import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { consoleTest } from './support/consoleTest';

const { server, runs } = testWorld(`${APP}
---
kind: Workflow
application: app
name: deploy
environment: staging
services: [web]
variables: [{ name: COUNT, type: number, required: true }]
tasks:
  put: { run: "true" }
---
kind: Pipeline
application: app
name: release
variables:
  - { name: COUNT, type: number, required: true }
  - { name: REGION, allowed_values: [eu, us], default: eu }
stages:
  - elements: [{ name: staging, workflow: deploy, environment: staging }]
`);
const console = consoleTest(server);

describe('the form that starts a pipeline', () => {
  it('plans while one types, shows problems at their fields, and starts', async () => {
    const { entityId } = await runs.ids('pipeline', 'release');
    const page = await console.open('/start');
    await page.getByRole('button', { name: 'Pipeline or workflow' }).click();
    await page.getByRole('option', { name: /^release/ }).click();
    const plan = page.getByRole('region', { name: 'Plan' });
    await plan.getByText('Can’t start yet').waitFor();
    await page.getByRole('textbox', { name: 'COUNT' }).fill('many');
    await page.locator('[role=alert]').filter({ hasText: 'COUNT' }).first().waitFor();
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'COUNT' }).fill('3');
    await page.getByRole('textbox', { name: 'Image of web' }).fill('web:1');
    await page.getByRole('combobox', { name: 'REGION' }).selectOption('us');
    await plan.getByText('Can’t start yet').waitFor({ state: 'detached' });
    await plan.getByText('deploy, 1 task').waitFor();
    const search = new URL(page.url()).searchParams;
    expect(Object.fromEntries(search)).toEqual({
      pipeline: entityId,
      'var.COUNT': '3',
      'image.web': 'web:1',
      'var.REGION': 'us',
    });
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
    const { execution } = await server.client.ask<{ execution: object }>(
      'query ($id: ID!) { execution(executionId: $id) { inputVariables { name value } serviceImages { image } } }',
      { id: page.url().slice(-36) },
    );
    expect(execution).toEqual({
      inputVariables: expect.arrayContaining([
        { name: 'COUNT', value: '3' },
        { name: 'REGION', value: 'us' },
      ]),
      serviceImages: [{ image: 'web:1' }],
    });
  });
});
