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
name: careful
tasks:
  lint: { run: "true", on_failure: tell }
  unit: { run: "true" }
  migrate: { run: "true", failure_strategy: { wait: 1h } }
  pack: { run: "true", depends_on: [lint, unit, migrate] }
  tell: { type: forensic, run: "true" }
finally:
  clean: { run: "true" }
---
kind: Pipeline
application: app
name: stubborn
stages: [{ name: only, elements: [{ name: alone, workflow: check, failure_strategy: { wait: 1h } }] }]
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
    const card = page.getByRole('article', { name: /release/ });
    await card.getByText(/Needs 1 .*Managers/).waitFor();
    await card.getByRole('button', { name: 'Approve …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Comment').fill('Looks good');
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
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

  it('retries a failed task, and decides about a failure that waits, from the panel of the task', async () => {
    const id = await runs.start('workflow', 'careful');
    const jobs = await agent.claim();
    await agent.start(...jobs);
    const fail = (name: string) =>
      agent.finishAll(
        jobs.filter(({ task }) => task === name),
        () => ({ exitCode: 1 }),
      );
    await fail('migrate');
    const page = await console.open(`/runs/${id}`);
    const tasks = page.getByRole('table', { name: 'Tasks' });
    await tasks.getByRole('link', { name: 'unit' }).click();
    await page.getByRole('complementary', { name: 'unit' }).getByText('Agent').waitFor();
    expect(await page.getByRole('button', { name: /Retry the task|Decide about/ }).count()).toBe(0);
    await page.keyboard.press('Escape');

    await tasks.getByRole('link', { name: 'migrate' }).click();
    await page.getByRole('button', { name: 'Decide about the failure …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Decision').selectOption('MARK_AS_SUCCESS');
    await dialog.getByLabel('Reason').fill('done by hand');
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Mark as succeeded' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('complementary', { name: 'migrate' }).getByText('Succeeded').first().waitFor();
    await page.getByRole('button', { name: 'Decide about the failure …' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');

    await fail('lint');
    await tasks.getByRole('link', { name: 'lint' }).click();
    await page.getByRole('button', { name: 'Retry the task …' }).click();
    await dialog.getByRole('button', { name: 'Retry', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('complementary', { name: 'lint' }).getByText('Queued').first().waitFor();
    await page.keyboard.press('Escape');

    await agent.finishAll(jobs.filter(({ task }) => task === 'unit'));
    await agent.work(() => runs.is(id, 'SUCCESS'));
    await page.getByRole('tab', { name: 'Timeline' }).click();
    const rows = page.getByRole('region', { name: 'Tasks by time' }).getByRole('listitem');
    await rows.filter({ hasText: 'clean' }).getByText('finally').waitFor();
    await rows.filter({ hasText: 'tell' }).getByText('on failure').waitFor();
  });

  it('decides about an element of a pipeline that waits after its failure', async () => {
    const id = await runs.start('pipeline', 'stubborn');
    await agent.runOne({ exitCode: 1 });
    const page = await console.open(`/runs/${id}`);
    await page.getByRole('button', { name: 'Decide …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Decision').selectOption('FAIL');
    await dialog.getByRole('button', { name: 'Accept the failure' }).click();
    await page.getByRole('region', { name: 'Why it failed' }).waitFor();
    await runs.until(id, 'FAILED');
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

    await agent.runOne();
    const jobs = await agent.claim(50);
    const failing = jobs.at(-1);
    if (failing === undefined) throw new Error('nothing was claimed');
    await agent.start(failing);
    await agent.finish(failing, { exitCode: 1 });
    await page.goto(`${server.url}/runs/${id}?tab=graph`);
    await graph.locator(`[data-box="${failing.task}"]`).waitFor();
  });
});
