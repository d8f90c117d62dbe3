import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateApiKeyDocument, CreateUserGroupDocument, RevokeApiKeyDocument } from '../../src/client/generated';
import { READS_RUNS } from '../support/keys';
import { FlakyProxy } from '../support/flakyProxy';
import { DEPLOY, FLOW } from '../support/definitions';
import { ADMIN_KEY } from '../support/server';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { consoleTest } from './support/consoleTest';
import { startPrefixProxy } from './support/prefixProxy';

// The console must work where only registered operations are accepted.
const { runs, agent, server } = testWorld(APP + FLOW + DEPLOY, { environment: { SLIPWAY_OPERATIONS: 'registered' } });
const console = consoleTest(server);

const deploy = (image: string) =>
  runs.start('workflow', 'deploy', { serviceInputs: [{ name: 'web', image: `registry.example/web:${image}` }] });

describe('the list of runs', () => {
  it('says the next step while it is empty', async () => {
    const page = await console.open('/runs');
    await page.getByText('No runs yet').waitFor();
    expect(await console.problems(page)).toEqual([]);
  });

  it('shows a run as it starts and ends', async () => {
    const page = await console.open('/runs', { scheme: 'dark' });
    await page.getByText('No runs yet').waitFor();
    const id = await runs.start('workflow', 'flow');
    const row = page.getByRole('row').filter({ has: page.locator(`a[href$="/runs/${id}"]`) });
    await row
      .getByText(/Queued|Running/)
      .first()
      .waitFor();
    expect(await console.problems(page)).toEqual([]);
    await agent.work(() => runs.is(id, 'SUCCESS'));
    await row.getByText('Succeeded').first().waitFor();
  });

  it('is filtered by the server, and the address holds the filters', async () => {
    const [failed, deployed] = [await runs.start('workflow', 'flow'), await deploy('1.0')];
    await agent.work(
      async () => (await runs.is(failed, 'FAILED')) && runs.is(deployed, 'SUCCESS'),
      ({ executionId }) => executionId === failed,
    );
    const page = await console.open('/runs');
    const links = page.locator('[data-row-link]');
    await page.locator(`a[href$="/runs/${deployed}"]`).waitFor();
    await page.getByRole('button', { name: 'Failed', exact: true }).click();
    await page.locator(`a[href$="/runs/${deployed}"]`).waitFor({ state: 'detached' });
    await page.locator(`a[href$="/runs/${failed}"]`).waitFor();
    expect(await links.count()).toBe(1);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByRole('button', { name: 'Environment', exact: true }).click();
    await page.getByRole('combobox', { name: 'Search environment' }).fill('stag');
    await page.keyboard.press('Enter');
    await page.locator(`a[href$="/runs/${failed}"]`).waitFor({ state: 'detached' });
    await page.locator(`a[href$="/runs/${deployed}"]`).waitFor();
    expect(await links.count()).toBe(1);
    const { search } = new URL(page.url());
    expect(search).toMatch(/^\?environment=[0-9a-f-]{36}$/);
    const again = await console.open(`/runs${search}`, { width: 390 });
    await again.locator(`a[href$="/runs/${deployed}"]`).waitFor();
    expect(await again.locator('[data-row-link]').count()).toBe(1);
    expect(await console.problems(again)).toEqual([]);
  });

  it('is walked through with j, k and Enter, and a page is found with Ctrl-K', async () => {
    const page = await console.open('/runs');
    await page.locator('[data-row-link]').nth(2).waitFor();
    const ids = await page
      .locator('[data-row-link]')
      .evaluateAll((links) => links.map((link) => String(link.getAttribute('href'))));
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${ids[1]}`);
    await page.keyboard.press('Control+k');
    const search = page.getByRole('combobox', { name: /^Find/ });
    await search.fill(String(ids[0]?.split('/').at(-1)));
    await page.getByRole('option', { name: /app/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${ids[0]}`);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    expect(await console.problems(page)).toEqual([]);
  });

  it('loads more rows, and renders only those in the window', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 60; index++) ids.push(await runs.start('workflow', 'flow'));
    const page = await console.open('/runs');
    const oldest = page.locator(`a[href$="/runs/${ids[0]}"]`);
    await page.locator(`a[href$="/runs/${ids.at(-1)}"]`).waitFor();
    await expect(page.locator('[data-row-link]').count()).resolves.toBeLessThan(50);
    await page.mouse.move(700, 600);
    await page.mouse.wheel(0, 20_000);
    await page.getByText('Load more').waitFor({ state: 'detached' });
    await page.mouse.wheel(0, 20_000);
    await oldest.waitFor();
  });
});

describe('the connection', () => {
  it('is told when it is lost and restored, and nothing is missed', async () => {
    const proxy = await FlakyProxy.start(() => server.url);
    try {
      const page = await console.open('/runs', { url: proxy.url, expects: /WebSocket connection|ERR_/ });
      await page.locator('[data-row-link]').first().waitFor();
      proxy.accepts = 'none';
      proxy.stallAll();
      proxy.giveUpStalled();
      await page.getByText('Connection lost').waitFor();
      const id = await runs.start('workflow', 'flow');
      proxy.accepts = 'all';
      await page.getByText('Up to date').waitFor();
      await page.locator(`a[href$="/runs/${id}"]`).waitFor();
      await page.close();
    } finally {
      await proxy.stop();
    }
  });

  it('works below a prefix of a proxy', async () => {
    const proxy = await startPrefixProxy(server.url, '/tools/slipway');
    try {
      const page = await console.open('/runs/0197/nothing', { url: proxy.url });
      await page.getByText('There is no page at this address').waitFor();
      await page.getByRole('link', { name: 'Runs', exact: true }).click();
      await page.waitForURL(`${proxy.url}/runs`);
      const id = await runs.start('workflow', 'flow');
      await page.locator(`a[href$="/tools/slipway/runs/${id}"]`).waitFor();
      await page.close();
    } finally {
      await proxy.stop();
    }
  });
});

describe('signing in', () => {
  it('reports a wrong key in the words of the API, and opens the page of the link afterwards', async () => {
    const page = await console.open('/runs?status=FAILED', { key: null, expects: /401/ });
    await page.getByLabel('API key').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('UNAUTHENTICATED').waitFor();
    expect(await console.problems(page)).toEqual([]);
    await page.getByLabel('API key').fill(ADMIN_KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Status Failed' }).waitFor();
    expect(new URL(page.url()).search).toBe('?status=FAILED');
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Slipway' }).waitFor();
  });

  it('is asked for again when the key is revoked', async () => {
    const { client } = server;
    const input = { name: 'readers', permissions: READS_RUNS };
    const { userGroup } = (await client.ask(CreateUserGroupDocument, { input })).createUserGroup;
    const given = { name: 'reader', userGroupIds: [userGroup.id] };
    const { value: key, apiKey } = (await client.ask(CreateApiKeyDocument, { input: given })).createApiKey;
    const page = await console.open('/runs?by=me', { key, expects: /401|WebSocket/ });
    await page.getByText('No run matches').waitFor();
    await client.ask(RevokeApiKeyDocument, { input: { id: apiKey.id } });
    // Its subscription may find out first.
    await page.reload();
    await page.getByText('You were signed out').waitFor();
    expect(new URL(page.url()).search).toBe('?by=me');
  });
});

it('loads at most 150 KiB of scripts at first', () => {
  const folder = join(__dirname, '../../dist/console');
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<string, Chunk>;
  const entry = Object.values(manifest).find(({ isEntry }) => isEntry);
  const loaded = new Set<string>();
  const add = ({ file, imports = [] }: Chunk) => {
    loaded.add(file);
    for (const name of imports) if (manifest[name] && !loaded.has(manifest[name].file)) add(manifest[name]);
  };
  if (entry === undefined) throw new Error(`no entry in ${readdirSync(folder)}`);
  add(entry);
  const bytes = [...loaded].map((file) => readFileSync(join(folder, `${file}.gz`)).length).reduce((a, b) => a + b);
  expect(bytes).toBeLessThanOrEqual(150 * 1024);
});

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
}
