import { eventually } from '../support/eventually';
import { createKey, READS_ALL, READS_RUNS } from '../support/keys';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { consoleTest } from './support/consoleTest';

const GATES = `
---
kind: Workflow
application: app
name: ship
environment: "\${environment}"
services: [web]
tasks:
  put: { run: "true" }
---
kind: Pipeline
application: app
name: release
stages:
  - name: approve
    elements:
      - name: manager
        approval: { approvers: [Team], message: "Check the dashboard first." }
  - name: deploy
    elements: [{ name: to-prod, workflow: ship, environment: prod }]
---
kind: Pipeline
application: app
name: window
stages:
  - name: choose
    elements:
      - name: window
        approval:
          approvals: { from: [Team], all_of: [Security] }
          inputs:
            - { name: slot, type: choice, choices: [morning, evening], required: true }
            - { name: ticket, description: Number of the change }
`;

describe('the inbox of approvals', () => {
  const { server, runs } = testWorld(APP + GATES, { agent: null });
  const console = consoleTest(server);
  let key: string;
  beforeAll(async () => {
    key = await createKey(server.client, 'Team', READS_ALL);
    await createKey(server.client, 'Security', READS_RUNS);
  });
  const release = (version: string) =>
    runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: `registry.example/web:${version}` }] });

  it('shows what waits as it is asked for, and approves it with a comment', async () => {
    const page = await console.open('/approvals', { key, scheme: 'dark' });
    await page.getByText('Nothing waits for you').waitFor();
    const id = await release('1.0');
    const card = page.getByRole('article', { name: 'approve / manager of app / release' });
    await card.getByText('Check the dashboard first.').waitFor();
    await card.getByText('registry.example/web:1.0').waitFor();
    await card.getByText('prod', { exact: true }).waitFor();
    await card.getByText(/Needs 1 .*Team/).waitFor();
    await page.getByRole('link', { name: /^Approvals 1 waiting for you/ }).waitFor();
    await eventually(
      () => page.title(),
      (title) => title === '(1) Approvals · Slipway',
      { what: 'the title' },
    );
    expect(await console.problems(page)).toEqual([]);
    await card.getByRole('button', { name: 'Approve …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Approve approve / manager' });
    await dialog.getByLabel('Comment').fill('looks good');
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByText('Nothing waits for you').waitFor();
    await eventually(
      () => page.title(),
      (title) => title === 'Approvals · Slipway',
      { what: 'the title' },
    );
    expect(await runs.approvals(id)).toMatchObject([{ status: 'APPROVED', comments: 'looks good' }]);
    await page.getByRole('tab', { name: 'Decided' }).click();
    await card.getByText('looks good').first().waitFor();
    expect(new URL(page.url()).search).toBe('?show=decided');
  });

  it('asks for the values of a form, and says who still has to approve', async () => {
    const id = await runs.start('pipeline', 'window');
    const page = await console.open('/approvals', { key, width: 390, height: 800 });
    const card = page.getByRole('article', { name: 'choose / window of app / window' });
    await card.getByRole('button', { name: 'Approve …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Number of the change').waitFor();
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
    // The browser refuses an empty field that is required: nothing is sent.
    await dialog.getByLabel('slot').selectOption('evening');
    await dialog.getByLabel('ticket').fill('CHG-7');
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByText('Still needed: 1 of Security').waitFor();
    await page.getByRole('tab', { name: 'All waiting' }).click();
    await card.getByRole('list', { name: 'Votes' }).getByText('Team').waitFor();
    await card.getByText('Needs 1 of Security').waitFor();
    await card.getByRole('button', { name: 'Approve …' }).waitFor({ state: 'detached' });
    expect(await console.problems(page)).toEqual([]);
    await runs.abort(id);
  });

  it('shows new votes on every row, also on older pages', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 22; n++) ids.push(await runs.start('pipeline', 'window'));
    const page = await console.open('/approvals?show=all', { key });
    await page.getByRole('button', { name: 'Load more' }).click();
    const cards = page.getByRole('article');
    await cards.nth(21).waitFor();
    await cards
      .last()
      .getByText(/Needs 1 of Team/)
      .waitFor();
    await cards.last().getByRole('button', { name: 'Approve …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('slot').selectOption('morning');
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
    await cards.last().getByText('Needs 1 of Security').waitFor();
    expect(await cards.count()).toBe(22);
    await runs.abort(ids[1] ?? '');
    await cards.nth(21).waitFor({ state: 'detached' });
    for (const id of ids.filter((_, index) => index !== 1)) await runs.abort(id);
  });

  it('decides many at once, each with its own result', async () => {
    const ids = [await release('2.0'), await release('2.1'), await release('2.2')];
    const page = await console.open('/approvals', { key });
    await page.getByText('registry.example/web:2.2').waitFor();
    await page.getByLabel('Choose all').check();
    await page.getByText('3 chosen').waitFor();
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Reject 3' }).click();
    const dialog = page.getByRole('dialog', { name: 'Reject 3 approvals' });
    await dialog.getByLabel('Comment').fill('not this week');
    // One of them ends in the meantime.
    await runs.abort(ids[1] ?? '');
    await dialog.getByRole('button', { name: 'Reject', exact: true }).click();
    await dialog.getByText('NOT_WAITING').waitFor();
    expect(await dialog.getByText('Rejected.').count()).toBe(2);
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('Nothing waits for you').waitFor();
    for (const id of [ids[0] ?? '', ids[2] ?? '']) await runs.until(id, 'REJECTED');
  });
});
