import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { consoleTest } from './support/consoleTest';

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
});
