import { createKey, READS_ALL } from '../support/keys';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { consoleTest } from './support/consoleTest';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index).join(', ');

const DELIVER = `---
kind: Workflow
application: app
name: check
tasks:
  lint: { run: "true" }
  unit: { run: "true", depends_on: [lint] }
  report: { run: "true", depends_on: [unit] }
---
kind: Pipeline
application: app
name: deliver
stages:
  - name: verify
    elements: [{ name: checks, workflow: check }]
  - name: release
    elements: [{ name: ask, approval: { approvals: { from: [Managers], count: 1 } } }]
---
kind: Workflow
application: app
name: wide
tasks:
  prepare: { run: "true" }
  each: { run: "true", depends_on: [prepare], matrix: { a: [${numbers(100)}], b: [${numbers(99)}] } }
  collect: { run: "true", depends_on: [each] }
`;

const { runs, agent, server } = testWorld(APP + DELIVER);
const console = consoleTest(server);

describe('the page of a run', () => {
  it('follows a run until it fails, and shows the end of the log of the failed task', async () => {
    const id = await runs.start('pipeline', 'deliver');
    const page = await console.open(`/runs/${id}`);
    await page.getByRole('heading', { name: 'deliver', level: 1 }).waitFor();
    const tasks = page.getByRole('table', { name: 'Tasks' });
    await tasks.getByRole('row', { name: /lint/ }).waitFor();
    await tasks.getByRole('row', { name: /unit/ }).getByText('Queued').first().waitFor();

    await agent.runOne();
    await tasks.getByRole('row', { name: /lint/ }).getByText('Succeeded').first().waitFor();

    const job = await agent.claimOne();
    await agent.start(job);
    await agent.log(job, 0, 'compiling\n\u001b[31mexpected 3, got 4\u001b[0m\n');
    await agent.finish(job, { exitCode: 3 });
    const why = page.getByRole('region', { name: 'Why it failed' });
    await why.getByText('expected 3, got 4').waitFor();
    await why
      .getByText(/exit code 3/)
      .first()
      .waitFor();
    await page.getByRole('listitem').filter({ hasText: 'checks' }).getByText('Failed').first().waitFor();
    expect(await console.problems(page)).toEqual([]);

    await why.getByRole('link', { name: 'unit' }).click();
    const panel = page.getByRole('complementary', { name: 'unit' });
    await panel.getByRole('log', { name: 'End of the log' }).getByText('compiling').waitFor();
    expect(await console.problems(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
  });

  it('asks for an approval, and ends when it is given', async () => {
    const key = await createKey(server.client, 'Managers', READS_ALL);
    const id = await runs.start('pipeline', 'deliver');
    await agent.work(() => runs.asks(id));
    const page = await console.open(`/runs/${id}`, { key });
    await page.getByRole('region', { name: 'Why it is not running' }).waitFor();
    await page.getByRole('textbox', { name: 'Comment' }).fill('Looks good');
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('banner').or(page.locator('header')).getByText('Succeeded').first().waitFor();

    await page.getByRole('tab', { name: 'Approvals' }).click();
    await page.getByText('Looks good').first().waitFor();
    for (const name of ['Timeline', /^Attempts/, 'Inputs', 'Reports', 'Events']) {
      await page.getByRole('tab', { name }).click();
      await page.getByRole('tabpanel').getByRole('status').waitFor({ state: 'detached' });
      expect(await console.problems(page)).toEqual([]);
    }
    await page.getByRole('listitem').filter({ hasText: 'verify' }).getByRole('link').click();
    await page.getByRole('link', { name: 'Open its own page' }).click();
    await page.getByRole('heading', { name: 'check', level: 1 }).waitFor();
    await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: 'deliver' }).click();
    await page.getByRole('heading', { name: 'deliver', level: 1 }).waitFor();
  });

  it('offers to resume a run that failed, in dark and on a phone', async () => {
    const id = await runs.start('pipeline', 'deliver');
    await agent.work(
      () => runs.is(id, 'FAILED'),
      () => true,
    );
    const page = await console.open(`/runs/${id}`, { scheme: 'dark', width: 390 });
    await page.getByRole('region', { name: 'Why it failed' }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.getByRole('table', { name: 'Tasks' }).getByRole('row').nth(1).waitFor();
    expect(await console.problems(page)).toEqual([]);
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    expect(wide).toBeLessThanOrEqual(390);
  });

  it('draws a graph of 9,902 tasks in few elements, for mouse and keyboard', async () => {
    const id = await runs.start('workflow', 'wide');
    const page = await console.open(`/runs/${id}?tab=graph`);
    const graph = page.getByRole('group', { name: 'Graph of the tasks' });
    await graph.getByRole('button', { name: /^each 9,900 tasks/ }).waitFor();
    expect(await graph.getByRole('button').count()).toBe(3);
    expect(await console.problems(page)).toEqual([]);

    await graph.getByRole('button', { name: /^prepare/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Fold each (9,900)' }).waitFor();
    await page.getByRole('button', { name: 'Fit' }).click();
    await graph
      .getByRole('button', { name: / to each/ })
      .first()
      .waitFor();
    expect(await graph.locator('[data-box]').count()).toBeLessThan(500);

    await graph.getByRole('button', { name: /^prepare/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'prepare' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: /^Tasks ?9902/ }).click();
    await page.getByRole('searchbox', { name: 'Find a task by its name' }).fill('collect');
    await page.getByRole('table', { name: 'Tasks' }).getByRole('link', { name: 'collect' }).waitFor();
    expect(await page.getByRole('table', { name: 'Tasks' }).getByRole('row').count()).toBe(2);
    await runs.abort(id);
  });
});
