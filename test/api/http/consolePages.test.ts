import { get } from 'node:http';
import { startServer, type TestServer } from '../../support/graphqlHarness';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const open = (path: string, headers: Record<string, string> = browser) => fetch(`${server.url}${path}`, { headers });

describe('the page of the console', () => {
  it('is sent for every address that a browser opens', async () => {
    for (const [path, base] of [
      ['/', './'],
      ['/runs', './'],
      ['/runs/0197?tab=log', '../'],
      ['/jobs/0197/log', '../../'],
    ]) {
      const response = await open(String(path));
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(await response.text()).toContain(`<base href="${base}">`);
    }
  });

  it('hides nothing of the API', async () => {
    expect(await (await open('/healthz')).json()).toEqual({ status: 'ok' });
    expect(await (await open('/graphql')).text()).toContain('GraphiQL');
    expect((await open('/openapi.json')).headers.get('content-type')).toMatch(/json/);
    for (const headers of [
      { accept: '*/*' },
      { ...browser, 'x-api-key': 'some' },
      { ...browser, authorization: 'x' },
    ]) {
      const response = await open('/runs/0197', headers);
      expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
    }
    const posted = await fetch(`${server.url}/runs`, { method: 'POST', headers: browser });
    expect(posted.status).toBe(404);
  });

  it('forbids inline scripts and styles, frames and other hosts', async () => {
    const response = await open('/runs');
    const { host } = new URL(server.url);
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; worker-src 'self'; " +
        `connect-src 'self' ws://${host} wss://${host}; base-uri 'self'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(await response.text()).not.toMatch(/<script(?![^>]* src=)|<style|<[^>]+ on\w+=/);
  });

  it('does not reflect a forged Host', async () => {
    const { hostname, port } = new URL(server.url);
    const policy = await new Promise((resolve, reject) => {
      const headers = { ...browser, host: "x; script-src 'unsafe-inline'" };
      get({ hostname, port, path: '/', headers }, (response) => {
        response.resume();
        resolve(response.headers['content-security-policy']);
      }).on('error', reject);
    });
    expect(policy).toContain("connect-src 'self'; ");
  });
});

describe('assets of the console', () => {
  const links = async () =>
    [...(await (await open('/')).text()).matchAll(/(?:src|href)="\.\/(console\/[^"]+)"/g)].map(
      ([, link]) => `/${link}`,
    );

  it('are cached forever, because their names contain a hash', async () => {
    const found = await links();
    expect(found.some((link) => link.endsWith('.js')) && found.some((link) => link.endsWith('.css'))).toBe(true);
    for (const link of found) {
      expect(link).toMatch(/^\/console\/\w+-[\w-]{8}\.(js|css|svg)$/);
      const response = await open(link, { accept: '*/*' });
      expect([link, response.status]).toEqual([link, 200]);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
      await response.arrayBuffer();
    }
  });

  it('are sent compressed as the browser accepts', async () => {
    const [script = ''] = (await links()).filter((link) => link.endsWith('.js'));
    const sizes = [];
    for (const encoding of ['br', 'gzip', 'identity']) {
      const response = await open(script, { 'accept-encoding': encoding });
      expect(response.headers.get('content-encoding')).toBe(encoding === 'identity' ? null : encoding);
      expect(response.headers.get('vary')).toBe('accept-encoding');
      sizes.push(Number(response.headers.get('content-length')));
      expect(await response.text()).toContain('createElement');
    }
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  });

  it('are limited to what was built', async () => {
    for (const path of ['/console/', '/console/index.html', '/console/..%2findex.html', '/console/__proto__'])
      expect([path, (await open(path)).status]).toEqual([path, 404]);
  });
});
