import type { Page } from 'playwright-core';
import { createKey, READS_ALL } from '../support/keys';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { consoleTest } from './support/consoleTest';

const shipped = (description: string) => `kind: Workflow
application: app
name: ship
description: ${description}
tasks:
  put: { run: "true" }
`;

const { server, runs } = testWorld(`${APP}---\n${shipped('Ships it')}`, { agent: null });
const console = consoleTest(server);

/** Opens the workflow from the list, and waits for its editor. */
async function openShip(options: Parameters<typeof console.open>[1] = {}): Promise<Page> {
  const page = await console.open('/definitions?kind=workflows', options);
  await page.getByRole('link', { name: 'ship', exact: true }).click();
  await page.getByRole('textbox', { name: 'Document' }).waitFor();
  return page;
}

/** Adds lines to the document. */
async function type(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Document' }).click();
  await page.keyboard.press('Control+End');
  // As pasted: typing would accept what the editor completes.
  await page.keyboard.insertText(text);
}

describe('a definition', () => {
  it('is checked while one types, applied after a review, and compared with its earlier revision', async () => {
    const page = await openShip();
    await page.getByText('No problems').waitFor();
    expect(await console.problems(page)).toEqual([]);
    await type(page, '\nbogus: 1\n');
    const problem = page.getByRole('region', { name: 'Problems' }).getByRole('button', { name: /Error at line \d+:1/ });
    await problem.filter({ hasText: 'bogus' }).waitFor();
    const review = page.getByRole('button', { name: 'Review and apply' });
    expect(await review.getAttribute('aria-disabled')).toBe('true');
    expect(await console.problems(page)).toEqual([]);

    await page.getByRole('button', { name: 'Discard changes' }).click();
    await page.getByText('No problems').waitFor();
    await type(page, '\ntimeout: 10m\n');
    await page.getByText('No problems').waitFor();
    await review.click();
    const dialog = page.getByRole('dialog', { name: 'Review and apply' });
    await dialog.getByText('becomes revision 2').waitFor();
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await dialog.waitFor({ state: 'detached' });

    await page.getByRole('tab', { name: /Revisions/ }).click();
    await page.getByRole('table', { name: 'revisions' }).waitFor();
    await page.getByText('10m').first().waitFor();
    expect(await console.problems(page)).toEqual([]);
  });

  it('that somebody else changed meanwhile is not overwritten', async () => {
    const page = await openShip();
    await page.getByText('No problems').waitFor();
    await runs.apply(shipped('Changed by somebody else'));
    await type(page, '\nvariables: [{ name: SIZE, default: small }]\n');
    await page.getByText('No problems').waitFor();
    await page.getByRole('button', { name: 'Review and apply' }).click();
    const dialog = page.getByRole('dialog', { name: 'Review and apply' });
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await dialog.getByRole('button', { name: 'Load the current version' }).click();
    await page.getByText('Somebody has changed this definition since you began. Your text is kept.').waitFor();
    await page.getByRole('button', { name: 'Take the new one' }).click();
    await page.getByText('Changed by somebody else').first().waitFor();
  });

  it('can be read, with the reason, by those who may not change it', async () => {
    const key = await createKey(server.client, 'readers of definitions', READS_ALL);
    const page = await openShip({ key, scheme: 'dark' });
    await page.getByText('You can read this definition but not change it.').waitFor();
    expect(await page.getByRole('button', { name: 'Review and apply' }).count()).toBe(0);
    expect(await console.problems(page)).toEqual([]);
  });
});
