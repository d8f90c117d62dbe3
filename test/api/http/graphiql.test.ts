import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { Kind, type OperationDefinitionNode, parse, validate } from 'graphql';
import { resolvers } from '../../../src/api/graphql/resolvers';
import { buildGraphqlSchema } from '../../../src/api/graphql/schema';
import { startServer, type TestServer } from '../../support/graphqlHarness';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const page = () => fetch(`${server.url}/graphql`, { headers: { accept: 'text/html,application/xhtml+xml' } });
const links = (html: string) =>
  [...html.matchAll(/(?:src|href|data-examples)="([^"]+)"/g)].map(([, link]) => link ?? '');

describe('the page', () => {
  it('needs no key and sends a content security policy', async () => {
    const response = await page();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const { host } = new URL(server.url);
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; " +
        `worker-src 'self' blob:; connect-src 'self' ws://${host} wss://${host}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`,
    );
  });

  it('loads nothing from other sites, and nothing that is missing', async () => {
    const html = await (await page()).text();
    const own = links(html).filter((link) => link !== 'data:,');
    expect(own).toHaveLength(3);
    for (const link of own) {
      expect(link).toMatch(/^graphql\/assets\/[\w.-]+\?v=[\w-]{12}$/);
      const response = await fetch(`${server.url}/${link}`);
      expect([link, response.status]).toEqual([link, 200]);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      const type = link.includes('.js?') ? 'text/javascript' : link.includes('.css?') ? 'text/css' : 'text/plain';
      expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
      expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get('content-length')));
    }
  });

  it('contains no inline script, which its own policy forbids', async () => {
    expect(await (await page()).text()).not.toMatch(/<script(?![^>]* src=)|<[^>]+ on\w+=/);
  });

  it('does not reflect a forged Host', async () => {
    const { hostname, port } = new URL(server.url);
    const policy = await new Promise((resolve, reject) => {
      const headers = { accept: 'text/html', host: "x; script-src 'unsafe-inline'" };
      get({ hostname, port, path: '/graphql', headers }, (response) => {
        response.resume();
        resolve(response.headers['content-security-policy']);
      }).on('error', reject);
    });
    expect(policy).toContain("connect-src 'self'; ");
  });
});

describe('assets', () => {
  const status = async (path: string, init?: RequestInit) => (await fetch(`${server.url}${path}`, init)).status;

  it('are cached forever only under the hash of their content', async () => {
    for (const path of ['/graphql/assets/boot.js', '/graphql/assets/boot.js?v=older']) {
      const response = await fetch(`${server.url}${path}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-cache');
    }
  });

  it('are limited to this list', async () => {
    const { hostname, port } = new URL(server.url);
    // fetch would normalize these paths before sending them.
    const raw = (path: string) =>
      new Promise((resolve, reject) => {
        get({ hostname, port, path }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
    for (const path of [
      'assets.json',
      '../../package.json',
      '..%2f..%2fpackage.json',
      '%2e%2e/boot.js',
      '',
      '/etc/passwd',
      'boot.js/',
      '__proto__',
    ]) {
      expect([path, await raw(`/graphql/assets/${path}`)]).toEqual([path, 404]);
    }
  });

  it('answer HEAD without a body, and otherwise only GET', async () => {
    const head = await fetch(`${server.url}/graphql/assets/boot.js`, { method: 'HEAD' });
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await head.text()).toBe('');
    expect(await status('/graphql/assets/boot.js', { method: 'POST' })).toBe(404);
  });
});

describe('examples', () => {
  const text = readFileSync(join(__dirname, '../../../src/api/http/graphiql/examples.graphql'), 'utf8');
  const sections = text.split(/^# === /m).slice(1);
  const document = parse(text);
  const operations = document.definitions.filter(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );

  it('have one operation per tab, with a value for each variable', () => {
    expect(operations).toHaveLength(sections.length);
    sections.forEach((section, index) => {
      const variables = JSON.parse(/^# variables: (.*)$/m.exec(section)?.[1] ?? '{}');
      const declared = operations[index]?.variableDefinitions?.map(({ variable }) => variable.name.value);
      expect([section.split('\n')[0], Object.keys(variables)]).toEqual([section.split('\n')[0], declared]);
    });
  });

  const schema = buildGraphqlSchema(resolvers);
  it('are valid against the schema', () => {
    expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
  });
});
