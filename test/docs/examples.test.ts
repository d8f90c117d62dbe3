import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ListRunsDocument } from '../../src/client/generated';
import { main } from '../cli/program';
import { ADMIN_KEY } from '../support/server';
import { testWorld } from '../support/world';

const root = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const DEFINITIONS = `kind: Application
name: shop
---
kind: Environment
application: shop
name: staging
type: NON_PROD
---
kind: Service
application: shop
name: web
---
kind: Workflow
application: shop
name: deploy
environment: staging
services: [web]
tasks: { put: { run: "true" } }
---
kind: Pipeline
application: shop
name: release
stages:
  - elements: [{ name: deploy, workflow: deploy }]
`;
const { server, runs, agent } = testWorld(DEFINITIONS, {
  application: 'shop',
  environment: { SLIPWAY_SECRET_KEY: Buffer.alloc(32, 'k').toString('base64') },
});

const folder = mkdtempSync(join(tmpdir(), 'slipway-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  // The pages expect `slipway` on the PATH, and the examples next to it.
  symlinkSync(process.execPath, join(folder, 'node'));
  writeFileSync(join(folder, 'slipway'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
  cpSync(join(root, 'examples/firstgen'), join(folder, 'examples/firstgen'), { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
}

/** Runs a block as a person does who copies it into a shell. */
async function shell(script: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const env = {
    ...{ PATH: `${folder}:${process.env.PATH ?? ''}`, HOME: folder },
    ...{ SLIPWAY_URL: server.url, SLIPWAY_API_KEY: ADMIN_KEY, KEY: ADMIN_KEY, ...more },
  };
  const run = promisify(execFile)('bash', ['-eo', 'pipefail', '-c', script], { env, cwd: folder });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout + error.stderr,
    }),
  );
}

async function succeeds(script: string, more?: Readonly<Record<string, string>>): Promise<string> {
  const { code, out } = await shell(script, more);
  expect([code, code === 0 ? '' : out]).toEqual([0, '']);
  return out;
}

const created = { subscription: '', delivery: '' };

/** How each block of the pages is run, by its first line. */
const examples: Readonly<Record<string, Readonly<Record<string, string | ((block: string) => Promise<unknown>)>>>> = {
  'docs/ci.md': {
    'slipway start shop release --image web=web:1.1.0 --wait': async (block) => {
      const ended = succeeds(block);
      await agent.runOne();
      await ended;
      expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('## shop/release: ✅ SUCCESS');
    },
    'slipway trust create "shop main"': async (block) => {
      await server.client.ask('mutation { createUserGroup(input: {name: "Deployers"}) { userGroup { id } } }');
      await succeeds(block);
    },
    // Accepted tokens are in trust.test.ts; here the request has to arrive as the page says.
    'curl -X POST "$SLIPWAY_URL/auth/exchange"': async (block) =>
      expect(await succeeds(block, { SLIPWAY_ID_TOKEN: 'not.a.token' })).toMatch(
        /"code":"(FORBIDDEN|UNAUTHENTICATED)"/,
      ),
  },
  'docs/clients.md': {
    'import { Client, ListRunsDocument }': 'client.test.ts: the import names the published package',
    'const { status, failureDetails } =': 'client.test.ts: continues a program whose signal is the caller’s',
    'for await (const { cursor, event': 'watch.test.ts: four beginnings of loops, without bodies',
    'curl "$SLIPWAY_URL/graphql?documentId': async (block) => {
      const HASH = createHash('sha256').update(ListRunsDocument.toString()).digest('hex');
      const out = await succeeds(block, { HASH });
      expect(out.match(/"executions":/g)).toHaveLength(2);
    },
    'mutation Register(': (block) =>
      server.client.ask(block, { documents: ['query Mine { applications { nodes { id } } }'] }),
    'import json, os, urllib.request': 'otherClients.test.ts',
    'run = ask(': 'otherClients.test.ts',
  },
  'docs/webhooks.md': {
    'mutation {': async (block) => {
      const { createEventSubscription } = await server.client.ask<{
        createEventSubscription: { secret: string; eventSubscription: { id: string } };
      }>(block);
      created.subscription = createEventSubscription.eventSubscription.id;
      expect(createEventSubscription.secret).toMatch(/^whsec_/);
    },
    "const { createServer } = require('node:http')": 'deliveries.test.ts',
    'mutation ($app: ID!) {': async (block) => {
      const { applicationId: app } = await runs.ids('workflow', 'deploy');
      await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { clientMutationId } }', {
        input: { applicationId: app, name: 'GITHUB_TOKEN', secretValue: 'a-token-of-a-host' },
      });
      await server.client.ask(block, { app });
    },
    'query ($id: ID!) {': async (block) => {
      expect(await server.client.ask(block, { id: created.subscription })).toMatchObject({
        deliveries: { nodes: expect.any(Array) },
      });
    },
    'slipway subscriptions': async (block) => {
      const withIds = block.replaceAll(' ID ', ` ${created.subscription} `);
      expect(withIds).not.toBe(block);
      const lines = withIds.trim().split('\n');
      for (const line of lines.filter((one) => !one.includes(' DELIVERY'))) await succeeds(line);
      // Nothing was delivered, so the command has nothing that it could repeat.
      const again = lines.find((one) => one.includes(' DELIVERY')) ?? '';
      expect((await shell(again)).out).toContain('NOT_FOUND');
    },
  },
  'docs/triggers.md': {
    'kind: Workflow': async (block) => writeFileSync(join(folder, 'triggers.yaml'), block),
    'slipway apply triggers.yaml': async (block) => expect(await succeeds(block)).toContain('nightly'),
  },
  'docs/firstgen.md': {
    'curl -s https://slipway.example.com': async (block) => {
      const out = await succeeds(block.replace('https://slipway.example.com', server.url));
      expect(JSON.parse(out).data.applications.nodes).toContainEqual(expect.objectContaining({ name: 'shop' }));
    },
    'slipway import firstgen examples/firstgen --check': async (block) => {
      const [check = '', ...others] = block.split('\n');
      expect(await shell(check)).toMatchObject({ code: 1, out: expect.stringContaining('Infrastructure Definitions') });
      await succeeds(others.join('\n'));
    },
  },
};

/** Fenced blocks, and blocks that are indented by four spaces after an empty line. */
function blocksOf(page: string): string[] {
  const text = read(page);
  const fenced = /^```\w*\n([\s\S]*?)^```$/gm;
  const found = [...text.matchAll(fenced)].map(({ index, 1: body = '' }) => ({ index, body }));
  const blanked = text.replace(fenced, (block) => ' '.repeat(block.length));
  for (const { index, 0: body } of blanked.matchAll(/(?<=\n\n)(?: {4}\S.*\n(?: {4,}.*\n)*)/g)) {
    found.push({ index, body: body.replace(/^ {4}/gm, '') });
  }
  return found.sort((a, b) => a.index - b.index).map(({ body }) => body);
}

describe.each(Object.entries(examples))('%s', (page, known) => {
  const blocks = blocksOf(page).map((block) => ({
    block,
    first: block.split('\n', 1)[0] ?? '',
    key: Object.keys(known).findLast((key) => block.startsWith(key)),
  }));

  it('has no other examples than the known ones', () => {
    expect(blocks.map(({ key }) => key)).toEqual(Object.keys(known));
  });

  it.each(blocks.filter(({ key }) => typeof known[key ?? ''] === 'function'))('$first', async ({ block, key }) => {
    const run = known[key ?? ''];
    if (typeof run === 'function') await run(block);
  });
});
