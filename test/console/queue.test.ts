import type { Locator, Page } from 'playwright-core';
import { createKey, READS_ALL } from '../support/keys';
import { eventually } from '../support/eventually';
import type { ClaimedJob } from '../support/protocolAgent';
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

describe('the queue', () => {
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
