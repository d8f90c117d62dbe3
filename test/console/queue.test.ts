import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { createKey, READS_ALL } from '../support/keys';
import { eventually } from '../support/eventually';
import { startAgentProcess } from '../support/processes';
import { type ClaimedJob, ProtocolAgent } from '../support/protocolAgent';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { consoleTest } from './support/consoleTest';

const WORK = `
---
kind: Workflow
application: app
name: build
tasks:
  one: { run: "true" }
  two: { run: "true" }
  three: { run: "true" }
  four: { run: "true" }
---
kind: Workflow
application: app
name: elsewhere
tasks:
  far: { run: "true", labels: { zone: moon } }
`;

const { server, runs, agent } = testWorld(APP + WORK, { agent: { name: 'builder', slots: 1 } });
const console = consoleTest(server);
const started: string[] = [];
const start = async (name: string) => {
  const id = await runs.start('workflow', name);
  started.push(id);
  return id;
};
afterEach(async () => {
  for (const id of started.splice(0)) if (!(await runs.is(id, 'SUCCESS', 'FAILED', 'ABORTED'))) await runs.abort(id);
});
const order = async (): Promise<string[]> => {
  const { queue } = await server.client.ask<{ queue: { nodes: { task: { name: string } }[] } }>(
    '{ queue(first: 50, filters: [{states: [WAITING]}]) { nodes { task { name } } } }',
  );
  return queue.nodes.map(({ task }) => task.name);
};
const becomes = (...names: string[]) =>
  eventually(order, (now) => now.join() === names.join(), { what: `the order ${names.join()}` });
const rowOf = (page: Page, task: string): Locator =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name: task, exact: true }) });
const middle = async (found: Locator) => {
  const box = await found.boundingBox();
  if (box === null) throw new Error('it is not on the page');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, height: box.height };
};

describe('the queue', () => {
  it('says what fills it, and why a job waits', async () => {
    const page = await console.open('/queue', { scheme: 'dark' });
    await page.getByText('No job waits').waitFor();
    expect(await console.problems(page)).toEqual([]);
    await start('elsewhere');
    await rowOf(page, 'far')
      .getByText(/Waits for an agent/)
      .last()
      .waitFor();
    await rowOf(page, 'far').getByText('zone=moon').last().waitFor();
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Label', exact: true }).click();
    await page.getByRole('option', { name: 'zone=moon' }).click();
    await page.waitForURL('**/queue?label=zone%3Dmoon');
    await rowOf(page, 'far').waitFor();
  });

  it('is reordered with the mouse, with the keyboard and from a menu', async () => {
    await start('build');
    const page = await console.open('/queue');
    await rowOf(page, 'four').waitFor();
    const [one, two, three, four] = await order();
    if (!one || !two || !three || !four) throw new Error('the queue has four jobs');
    const grip = await middle(rowOf(page, four).locator('[data-grip]'));
    const target = await middle(rowOf(page, two));
    await page.mouse.move(grip.x, grip.y);
    await page.mouse.down();
    await page.mouse.move(target.x, target.y - target.height / 4, { steps: 4 });
    await page.getByText(`${four} to row 2`).waitFor();
    await page.mouse.up();
    await becomes(one, four, two, three);
    await page.getByText(`${four}: row 2 of 4.`).waitFor({ state: 'attached' });

    await rowOf(page, three).getByRole('link', { name: three, exact: true }).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('Alt+ArrowUp');
    await becomes(one, three, four, two);
    await page.getByText(`${three}: row 2 of 4.`).waitFor({ state: 'attached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe(three);
    await page.keyboard.press('Alt+ArrowDown');
    await becomes(one, four, three, two);

    await rowOf(page, two)
      .getByRole('button', { name: `Actions of ${two}` })
      .click();
    await page.getByRole('menuitem', { name: 'Move to the top' }).click();
    await becomes(two, one, four, three);
    await rowOf(page, three)
      .getByRole('button', { name: `Actions of ${three}` })
      .click();
    await page.getByRole('menuitem', { name: 'Set the priority …' }).click();
    await page.getByRole('dialog').getByLabel('Priority').fill('7');
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Set' }).click();
    await becomes(three, two, one, four);
    await rowOf(page, three).getByRole('cell', { name: '7', exact: true }).waitFor();
  });

  it('says who is next to the place of a job that was claimed while it was moved', async () => {
    await start('build');
    const page = await console.open('/queue');
    const [first = '', second = '', third = ''] = await order();
    await rowOf(page, third).waitFor();
    // Another server answers later than the claim: the page does not know yet that the first job is gone.
    await page.route('**/graphql', async (route) => {
      if (/"queue"|ConsoleQueue\b|ConsoleQueueHead/.test(route.request().postData() ?? '')) await held;
      await route.continue();
    });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const [job] = await agent.claim(1);
    await rowOf(page, first).getByRole('link', { name: first, exact: true }).focus();
    await page.keyboard.press('Alt+ArrowDown');
    await page.getByText('NOT_WAITING').waitFor();
    release();
    await page.getByText(`Its place was in front of ${second}`).waitFor();
    await page.unroute('**/graphql');
    await agent.start(job as ClaimedJob);
    await page.getByRole('tab', { name: /^Running/ }).click();
    await rowOf(page, first).getByRole('link', { name: 'builder' }).waitFor();
    await rowOf(page, first).getByRole('link', { name: 'Log' }).waitFor();
    expect(await console.problems(page)).toEqual([]);
    await agent.finish(job as ClaimedJob);
    await page.getByText('No job runs').waitFor();
  });

  it('cancels many, with a result for each, and is paused and resumed', async () => {
    for (const name of ['build', 'elsewhere', 'elsewhere']) await start(name);
    const page = await console.open('/queue', { width: 900 });
    await rowOf(page, 'far').nth(1).waitFor();
    await page.getByRole('button', { name: 'Pause …' }).click();
    const pause = page.getByRole('dialog', { name: 'Pause the queue' });
    await pause.getByLabel('Note').fill('kernel update');
    await pause.getByLabel('Ends').selectOption({ label: 'In an hour' });
    expect(await console.problems(page)).toEqual([]);
    await pause.getByRole('button', { name: 'Pause', exact: true }).click();
    const bar = page.getByRole('list', { name: 'Pauses of the queue' });
    await bar.getByText('kernel update').waitFor();
    await rowOf(page, 'one')
      .getByText(/kernel update/)
      .last()
      .waitFor();
    expect((await agent.post('claim', { slots: 1, waitMs: 50 })).status).toBe(204);
    expect(await console.problems(page)).toEqual([]);

    const [first = ''] = await order();
    await rowOf(page, 'far').first().getByRole('checkbox').check();
    await rowOf(page, 'far').last().getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Cancel 2 …' }).click();
    const cancel = page.getByRole('dialog', { name: 'Cancel 2 jobs' });
    await cancel.getByLabel('Reason').fill('not needed');
    expect(await console.problems(page)).toEqual([]);
    await cancel.getByRole('button', { name: 'Cancel 2 jobs' }).click();
    await cancel.getByText('Withdrawn: no agent had started it.').nth(1).waitFor();
    await cancel.getByRole('button', { name: 'Close' }).last().click();
    await rowOf(page, 'far').waitFor({ state: 'detached' });
    expect(await order()).toHaveLength(4);
    await bar.getByRole('button', { name: 'Resume' }).click();
    await bar.waitFor({ state: 'detached' });
    await agent.runOne();
    await rowOf(page, first).waitFor({ state: 'detached' });
  });

  it('shows a reader the queue without controls', async () => {
    await start('build');
    const key = await createKey(server.client, 'Readers', READS_ALL);
    const page = await console.open('/queue', { key, width: 390 });
    await rowOf(page, 'one').waitFor();
    for (const name of ['Pause …', /^Actions of/]) expect(await page.getByRole('button', { name }).count()).toBe(0);
    expect(await page.getByRole('checkbox').count()).toBe(0);
    expect(await page.locator('[data-grip]').count()).toBe(0);
    expect(await console.problems(page)).toEqual([]);
    // What the reader sees is live, too.
    await agent.runOne();
    await eventually(
      () => page.getByRole('row').count(),
      (count) => count === 4,
      { what: 'a row less' },
    );
  });
});

describe('agents', () => {
  it('says how to start one, and shows a token once', async () => {
    const page = await console.open('/agents?state=PAUSED', { scheme: 'dark' });
    await page.getByText('No agent matches').waitFor();
    await page.getByRole('button', { name: 'Add an agent …' }).click();
    await page.getByLabel('Name', { exact: false }).last().fill('build machines');
    await page.getByLabel('Its agents have only the labels below').check();
    await page.getByLabel('Labels', { exact: true }).fill('zone=moon gpu=yes');
    await page.getByLabel('Expires').selectOption({ label: 'In a day' });
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Create the token' }).click();
    const command = String(await page.getByRole('region', { name: 'Command that starts an agent' }).textContent());
    expect(command).toContain(`SLIPWAY_URL=${server.url}`);
    expect(await console.problems(page)).toEqual([]);
    const value = /SLIPWAY_AGENT_TOKEN=(\S+)/.exec(command)?.[1] ?? '';
    await page.getByRole('button', { name: 'Done' }).click();
    const moon = await ProtocolAgent.register(server.url, { name: 'moon', labels: { zone: 'a' } }, value);
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await rowOf(page, 'moon').getByText('zone=moon').waitFor();
    await rowOf(page, 'moon').getByRole('button', { name: 'Actions of moon' }).click();
    await page.getByRole('menuitem', { name: /^Edit the labels … .*determines the labels/ }).waitFor();
    await page.keyboard.press('Escape');

    await page.getByRole('tab', { name: 'Registration tokens' }).click();
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Revoke build machines …' }).click();
    await page.getByLabel('Agents that it has registered').selectOption('FINISH');
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByText('No registration tokens').waitFor();
    expect((await moon.post('claim', { slots: 1, waitMs: 50 })).status).toBe(403);
    await page.getByLabel('With revoked ones').check();
    await page.getByText(/Revoked .* by/).waitFor();
  });

  it('shows load and jobs of a real agent, which is paused, relabeled and drained', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'slipway-agents-'));
    const labels = { SLIPWAY_AGENT_LABELS: 'zone=moon,rack=1' };
    const process = startAgentProcess(server.url, dir, 'rover', labels);
    try {
      const id = await start('elsewhere');
      await runs.until(id, 'SUCCESS');
      const page = await console.open('/agents');
      await rowOf(page, 'rover').getByRole('link', { name: 'rover' }).click();
      const history = page.getByRole('table', { name: 'Jobs that it started' });
      await history.getByRole('link', { name: 'far', exact: true }).waitFor();
      await history.getByRole('link', { name: 'Log' }).waitFor();
      await page.getByRole('img', { name: /^CPU of the last hour: now/ }).waitFor();
      expect(await console.problems(page)).toEqual([]);
      const act = async (item: string, label: string, fill: (dialog: Locator) => Promise<unknown>) => {
        await page.getByRole('button', { name: 'Actions', exact: true }).click();
        await page.getByRole('menuitem', { name: item }).click();
        const dialog = page.getByRole('dialog');
        await fill(dialog);
        expect(await console.problems(page)).toEqual([]);
        await dialog.getByRole('button', { name: label, exact: true }).click();
        await dialog.waitFor({ state: 'detached' });
      };
      const facts = page.getByRole('region', { name: 'Facts' });
      await act('Edit the labels …', 'Save', (dialog) => dialog.getByLabel('Labels').fill('zone=moon gpu=yes'));
      await facts.getByText('gpu=yes').first().waitFor();
      await facts.getByText('Hidden on the server').waitFor();
      await act('Pause …', 'Pause', (dialog) => dialog.getByLabel('Note').fill('dust'));
      await page.getByText(/Paused by .*: dust/).waitFor();
      await act('Resume …', 'Resume', async () => undefined);
      await page.getByText(/Paused by/).waitFor({ state: 'detached' });
      const { agents } = await server.client.ask<{ agents: { nodes: { name: string; labels: string[] }[] } }>(
        '{ agents(first: 9, filters: [{labels: ["gpu"]}]) { nodes { name labels } } }',
      );
      expect(agents.nodes).toEqual([{ name: 'rover', labels: ['gpu=yes', 'zone=moon'] }]);
      await act('Drain …', 'Drain', (dialog) => dialog.getByText('This can’t be undone').waitFor());
      await page.getByText(/^Left /).waitFor();
      await page.getByRole('button', { name: 'Actions', exact: true }).click();
      await page.getByRole('menuitem', { name: /^Drain … .*left at/ }).waitFor();
    } finally {
      await process.end('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('are not shown to those who may not see them', async () => {
    const key = await createKey(server.client, 'Sees runs', READS_ALL);
    const page = await console.open('/agents', { key, width: 390 });
    await page.getByText('You may not see agents').waitFor();
    expect(await page.getByRole('button', { name: 'Add an agent …' }).count()).toBe(0);
    expect(await console.problems(page)).toEqual([]);
  });
});
