import type { Page } from 'playwright-core';
import { restoreWorld } from '../runs/restores/world';
import { consoleTest } from './support/consoleTest';

describe('what is deployed where', () => {
  const world = restoreWorld();
  const console = consoleTest(world.server);
  const grid = (page: Page) => page.getByRole('table', { name: 'Deployments of app' });
  const cell = (page: Page, name: RegExp) => grid(page).getByRole('button', { name });

  it('shows images, a failed run with a way to resume, and the history of a cell', async () => {
    const page = await console.open('/');
    await page.getByText('Nothing is deployed yet.').first().waitFor();
    const first = await world.release();
    await cell(page, /^web in prod: 1/).waitFor();
    const before = new Date().toISOString();

    const second = await world.runs.start('pipeline', 'release', {
      serviceInputs: [
        { name: 'web', image: 'registry.example/team/web:2' },
        { name: 'api', image: 'api:2' },
      ],
    });
    await world.finish(second, 'FAILED', 'health');
    const attention = page.getByRole('region', { name: 'Needs attention' });
    await attention.getByText('Task "health" failed').waitFor();
    await attention.getByRole('link', { name: 'app / release' }).waitFor();
    await cell(page, /^web in staging: 1 .*2 failed$/).waitFor();
    expect(await console.problems(page)).toEqual([]);

    await cell(page, /^web in staging/).click();
    const dialog = page.getByRole('dialog');
    const rows = dialog.getByRole('list', { name: 'Deployments, newest first' }).getByRole('listitem');
    await rows.nth(1).waitFor();
    expect(await rows.count()).toBe(2);
    await rows.nth(1).locator(`a[href$="/runs/${first}"]`).waitFor();
    expect(await console.problems(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await attention.getByRole('button', { name: 'Resume' }).click();
    await dialog.getByRole('button', { name: 'Resume', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await world.finish(second, 'SUCCESS');
    await page.goto(`${world.server.url}/?at=${before}`);
    await page.getByText('As it was on').waitFor();
    await grid(page).getByRole('row', { name: /web/ }).getByText('1', { exact: true }).first().waitFor();
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await cell(page, /^web in prod: 2/).waitFor();
  });

  it('rolls a service back from its cell, with a preview', async () => {
    const page = await console.open('/');
    await cell(page, /^web in prod/).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Roll back to 1', exact: true }).click();
    const plan = page.getByRole('dialog', { name: 'Roll back web in prod' });
    await plan.getByRole('listitem').filter({ hasText: 'web in prod' }).filter({ hasText: 'web:1' }).first().waitFor();
    expect(await console.problems(page)).toEqual([]);
    await plan.getByRole('button', { name: 'Roll back', exact: true }).click();
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
    const id = page.url().slice(-36);
    await world.agent.work(() => world.runs.is(id, 'SUCCESS'));
    expect(await world.deployed()).toMatchObject({ prod: { web: 'web:1' } });
  });

  it('is a list by environment in a narrow window', async () => {
    const page = await console.open('/', { width: 390, scheme: 'dark' });
    await page.getByRole('region', { name: 'prod', exact: true }).getByText('web', { exact: true }).waitFor();
    expect(await console.problems(page)).toEqual([]);
  });
});
