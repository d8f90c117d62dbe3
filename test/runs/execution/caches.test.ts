import { sweepCaches } from '../../../src/runs/caches/caches';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (application: string, name: string, keys = '') =>
  `---\nkind: Workflow\napplication: ${application}\nname: ${name}\n${keys}\ntasks: { one: { run: "true" } }\n`;

describe('caches', () => {
  const { server, runs, agent } = testWorld(
    `${APP}---
kind: Environment
application: app
name: production
type: PROD
${workflow('app', 'plain')}${workflow('app', 'prod', 'environment: production')}`,
  );

  /** Runs one job, which calls the cache. */
  async function inJob(name: string, work: (url: string, headers: Record<string, string>) => Promise<void>) {
    const id = await runs.start('workflow', name);
    const job = await agent.claimOne();
    await agent.start(job);
    await work(`${server.url}/agent/v1/jobs/${job.jobId}/cache`, { authorization: `Bearer ${job.token}` });
    await agent.finish(job);
    await runs.until(id, 'SUCCESS');
  }
  const put = async (url: string, headers: Record<string, string>, key: string, body: string) =>
    (await fetch(`${url}?key=${key}`, { method: 'PUT', headers, body })).status;
  const get = async (url: string, headers: Record<string, string>, key: string, prefixes: string[] = []) => {
    const answer = await fetch(`${url}?key=${key}&prefixes=${JSON.stringify(prefixes)}`, { headers });
    return answer.ok ? [answer.headers.get('x-slipway-cache-key'), await answer.text()] : answer.status;
  };

  it('keep the first files of a key, for jobs of the same environment', async () => {
    await inJob('plain', async (url, headers) => {
      expect(await get(url, headers, 'deps-1', ['deps-'])).toBe(404);
      expect(await put(url, headers, 'deps-1', 'first')).toBe(201);
      expect(await put(url, headers, 'deps-1', 'second')).toBe(200);
      expect(await put(url, headers, 'deps-2', 'newer')).toBe(201);
      expect(await put(url, headers, '', 'x')).toBe(400);
      expect(await put(url, { authorization: 'Bearer no' }, 'deps-3', 'x')).toBe(409);
    });
    await inJob('plain', async (url, headers) => {
      expect(await get(url, headers, 'deps-1')).toEqual(['deps-1', 'first']);
      expect(await get(url, headers, 'deps-9', ['other', 'deps-'])).toEqual(['deps-2', 'newer']);
    });
    await inJob('prod', async (url, headers) => {
      expect(await get(url, headers, 'deps-1', ['deps-'])).toBe(404);
    });
  });

  it('are deleted when nobody uses them, or when they take too much space', async () => {
    const { app } = server;
    const limited = { ...app, config: { ...app.config, SLIPWAY_CACHE_BYTES: 9 } };
    await sweepCaches(limited);
    const keys = async () =>
      (await app.database.rows<{ key: string }>('SELECT key FROM cache_entry ORDER BY key')).map(({ key }) => key);
    expect(await keys()).toHaveLength(1);
    const later = { now: () => new Date(app.clock.now().getTime() + 15 * 86_400_000) };
    await sweepCaches({ ...app, clock: later as typeof app.clock });
    expect(await keys()).toEqual([]);
  });
});
