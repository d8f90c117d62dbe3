import type { Page } from 'playwright-core';
import { createKey, READS_RUNS } from '../support/keys';
import { restoreWorld } from '../runs/restores/world';
import { consoleTest } from './support/consoleTest';

describe('the dialogs of actions', () => {
  const world = restoreWorld();
  const console = consoleTest(world.server);
  const dialog = (page: Page) => page.getByRole('dialog');
  const button = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true });

  const serviceInputs = [
    { name: 'web', image: 'web:1' },
    { name: 'api', image: 'api:1' },
  ];

  /** A release whose build succeeded and whose deployment to staging failed. */
  async function failed(): Promise<string> {
    const id = await world.runs.start('pipeline', 'release', { serviceInputs });
    await world.finish(id, 'FAILED', 'health');
    return id;
  }

  it('resumes with a preview, and shows what changed if the plan is stale', async () => {
    const id = await failed();
    const page = await console.open(`/runs?do=resume&on=${id}`, { expects: /409/ });
    await dialog(page).getByRole('heading', { name: 'Runs 5' }).waitFor();
    await dialog(page).getByText('STAGE 1 / build', { exact: true }).waitFor();
    expect(await console.problems(page)).toEqual([]);

    await dialog(page).getByLabel('Runs again').selectOption({ label: 'Tasks that failed, and what depends on them' });
    await dialog(page).getByText('keeps prepare, copy').waitFor();

    // Somebody else resumes the run meanwhile, and it fails again in another task.
    const { applicationId } = await world.runs.ids('pipeline', 'release');
    await world.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: { applicationId, pipelineExecutionId: id } },
    );
    await world.finish(id, 'FAILED', 'prepare');
    await button(page, 'Resume').click();
    await dialog(page).getByText('The plan has changed since you saw it').waitFor();
    await dialog(page).locator('ins').filter({ hasText: 'prepare, copy, health' }).waitFor();
    expect(await world.runs.is(id, 'FAILED')).toBe(true);

    await dialog(page).getByLabel('Reason').fill('the disk was full');
    await button(page, 'Resume').click();
    await dialog(page).waitFor({ state: 'detached' });
    await world.finish(id, 'SUCCESS');
    const { execution } = await world.client.ask<{ execution: { attempts: { reason: string | null }[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { attempts { reason } } }',
      { id },
    );
    expect(execution.attempts.at(-1)).toEqual({ reason: 'the disk was full' });
  });

  it('restores an extended run and follows its log', async () => {
    const { id } = await world.failedInProd();
    const page = await console.open(`/runs?do=restore&on=${id}`);
    const images = dialog(page).getByRole('listitem').filter({ hasText: 'web in staging' });
    await images.filter({ hasText: 'web:2' }).filter({ hasText: 'web:1' }).waitFor();
    await dialog(page).getByText('Configuration of the last success').click();
    await dialog(page).getByText('kind: Pipeline').waitFor();
    expect(await console.problems(page)).toEqual([]);
    await dialog(page).getByLabel('Write a debug log').check();
    await button(page, 'Restore').click();
    await dialog(page).getByText('Running', { exact: true }).waitFor();
    const restore = new URL(page.url()).searchParams.get('operation') ?? '';
    await world.agent.work(() => world.isOver(restore));
    await dialog(page).getByText('Succeeded', { exact: true }).waitFor();
    await dialog(page).getByRole('list', { name: 'Log' }).getByText('switch-back').first().waitFor();
    expect(await console.problems(page)).toEqual([]);
  });

  it('aborts with a reason, and reruns', async () => {
    const id = await world.runs.start('pipeline', 'release', { serviceInputs });
    const page = await console.open(`/runs?do=abort&on=${id}`);
    await dialog(page).getByLabel('Reason').fill('wrong version');
    await button(page, 'Abort').click();
    await dialog(page).waitFor({ state: 'detached' });
    await world.runs.until(id, 'ABORTED');
    await page.goto(`${world.server.url}/runs?do=rerun&on=${id}`);
    await dialog(page).getByText('Everything runs again in attempt 2').waitFor();
    await button(page, 'Rerun').click();
    await dialog(page).waitFor({ state: 'detached' });
    await world.runs.abort(id);
  });

  it('tells who may not do it why', async () => {
    const id = await failed();
    const key = await createKey(world.client, 'Readers', READS_RUNS);
    const page = await console.open(`/runs?do=resume&on=${id}`, { key });
    await dialog(page).getByRole('alert').getByText('FORBIDDEN').first().waitFor();
    expect(await button(page, 'Resume').getAttribute('aria-disabled')).toBe('true');
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('');
  });
});
