import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateEventSubscriptionDocument, ShowTriggerDocument } from '../../../src/client/generated';
import { SAMPLE } from '../../../src/runs/metrics/sample.store';
import { eventually } from '../../support/eventually';
import { testWorld } from '../../support/world';
import { APP } from '../../support/runs';
import { ADMIN_KEY } from '../../support/server';

const TOKEN = 'token-of-the-scraper';
const docs = join(__dirname, '../../../docs');
const { server, runs, agent } = testWorld(
  `${APP}---
kind: Workflow
application: app
name: build
tasks:
  compile: { run: 'true' }
---
kind: Workflow
application: app
name: elsewhere
tasks:
  compile: { run: 'true', labels: { zone: moon } }
---
kind: Trigger
application: app
name: called
on: { webhook: { provider: CUSTOM } }
if: "false"
start: { workflow: build }
`,
  { environment: { SLIPWAY_METRICS_PORT: '0', SLIPWAY_METRICS_TOKEN: TOKEN, SLIPWAY_OUTGOING_ALLOW: 'loopback' } },
);

const scrape = async (headers: Record<string, string> = {}) => {
  const response = await fetch(server.metricsUrl ?? '', { headers });
  return { type: response.headers.get('content-type'), text: await response.text() };
};
const sample = (text: string, name: string) =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);

describe('GET /metrics', () => {
  let text = '';
  beforeAll(async () => {
    const done = await runs.start('workflow', 'build');
    await agent.runOne();
    await runs.until(done, 'SUCCESS');
    await runs.start('workflow', 'elsewhere');
    await server.client.errorOf('query NameOfTest { missing }');
    await server.client.ask(CreateEventSubscriptionDocument, {
      input: { name: 'unreachable', url: 'http://127.0.0.1:9/', filters: {} },
    });
    await runs.start('workflow', 'build');
    const { applicationId } = await runs.ids('workflow', 'build');
    const { triggerByName } = await server.client.ask(ShowTriggerDocument, {
      applicationId,
      name: 'called',
      firings: 1,
    });
    const { condition } = triggerByName;
    const path = 'webhookDetails' in condition ? condition.webhookDetails?.webhookURL : '';
    for (const to of [path, '/hooks/unknown']) await fetch(`${server.url}${to}`, { method: 'POST' });
    await eventually(scrape, (now) => now.text.includes('slipway_delivery_attempts_total{outcome="RETRIED"}'));
    ({ text } = await scrape());
  });

  it('counts what the server has done', () => {
    expect(sample(text, 'slipway_executions_started_total{kind="WORKFLOW"}')).toBe('3');
    expect(sample(text, 'slipway_execution_duration_seconds_count{kind="WORKFLOW",status="SUCCESS"}')).toBe('1');
    expect(sample(text, 'slipway_task_duration_seconds_count{status="SUCCESS"}')).toBe('1');
    expect(sample(text, 'slipway_job_wait_seconds_count')).toBe('1');
    expect(Number(sample(text, 'slipway_events_total'))).toBeGreaterThan(5);
    const started = 'slipway_graphql_operations_total{operation="StartExecution",kind="mutation",code="OK"}';
    expect(sample(text, started)).toBe('3');
    expect(text).toMatch(
      /slipway_graphql_operation_duration_seconds_count{operation="StartExecution",kind="mutation"} 3/,
    );
    expect(text).toMatch(/^process_cpu_seconds_total /m);
  });

  it('shows the state of the installation', () => {
    expect(sample(text, 'slipway_queue_jobs{labels="zone=moon"}')).toBe('1');
    expect(sample(text, 'slipway_queue_agents{labels="zone=moon"}')).toBe('0');
    expect(sample(text, 'slipway_agents{state="ONLINE"}')).toBe('1');
    expect(sample(text, 'slipway_agents{state="LOST"}')).toBe('0');
    expect(sample(text, 'slipway_executions_open{kind="WORKFLOW",status="QUEUED"}')).toBe('2');
    expect(sample(text, 'slipway_database_up')).toBe('1');
  });

  it('counts firings, refused webhooks and deliveries', async () => {
    expect(sample(text, 'slipway_trigger_firings_total{kind="WEBHOOK",status="FILTERED"}')).toBe('1');
    expect(sample(text, 'slipway_hooks_refused_total{code="NOT_FOUND"}')).toBe('1');
    expect(Number(sample(text, 'slipway_delivery_attempts_total{outcome="RETRIED"}'))).toBeGreaterThan(0);
    // What is read from the database may be up to five seconds old.
    const now = await eventually(scrape, (one) => Number(sample(one.text, 'slipway_deliveries_oldest_seconds')) > 0);
    expect(Number(sample(now.text, 'slipway_deliveries_pending'))).toBeGreaterThan(0);
    expect(sample(now.text, 'slipway_event_subscriptions{state="ENABLED"}')).toBe('1');
    expect(sample(now.text, 'slipway_event_subscriptions{state="FAILING"}')).toBe('0');
    expect(sample(now.text, 'slipway_trigger_firings_pending')).toBe('0');
    expect(sample(now.text, 'slipway_trigger_firings_late_seconds')).toBe('0');
  });

  it('answers in OpenMetrics if the scraper prefers it, and in text again afterward', async () => {
    const open = await scrape({ accept: 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5' });
    expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.text).toMatch(/# TYPE slipway_events counter\nslipway_events_total \d+\n/);
    expect(open.text.endsWith('# EOF\n')).toBe(true);
    const plain = await scrape();
    expect(plain.type).toMatch('text/plain');
    expect(plain.text).toMatch(/# TYPE slipway_events_total counter\nslipway_events_total \d+\n/);
  });

  it('requires the token on the port of the API', async () => {
    const at = (headers: Record<string, string>) => fetch(`${server.url}/metrics`, { headers });
    expect((await at({})).status).toBe(401);
    expect((await at({ authorization: 'Bearer another-token-of-its' })).status).toBe(401);
    const answer = await at({ authorization: `Bearer ${TOKEN}` });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('slipway_database_up 1')]);
  });

  it('is part of the OpenAPI document, like every other route', async () => {
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, { post: { requestBody: { content: Record<string, { schema: { required: string[] } }> } } }>;
    };
    const file = join(server.dataDir, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const validator = join(docs, '../node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js');
    expect(execFileSync(process.execPath, [validator, file]).toString()).toMatch(/valid/);
    const paths = Object.keys(document.paths);
    const expected = ['/metrics', '/agent/v1/claim', '/artifacts/{id}', '/jobs/{id}/log', '/healthz', '/graphql'];
    expect(paths).toEqual(expect.arrayContaining(expected));
    const claim = document.paths['/agent/v1/claim']?.post;
    expect(claim?.requestBody.content['application/json']?.schema.required).toContain('slots');
  });

  it('is part of a document that describes downloads, uploads, logs and exports in full', async () => {
    type Described = { description?: string; content?: object; headers?: object };
    type Operation = { parameters: Described[]; requestBody?: Described; responses: Record<string, Described> };
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, Operation>>;
    };
    const files = Object.entries(paths).filter(([path]) => /artifacts|\/log$|exports|cache$/.test(path));
    const operations = files.flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => ({ name: `${method} ${path}`, method, ...one })),
    );
    const own = operations.filter(({ name }) => name !== 'post /agent/v1/jobs/{jobId}/log');
    const ends = own.map(({ name, responses: { default: _, ...rest } }) => `${name} ${Object.keys(rest).join(' ')}`);
    expect(ends.sort()).toEqual([
      'get /agent/v1/jobs/{jobId}/artifacts 200 400 401 404 409 413',
      'get /agent/v1/jobs/{jobId}/artifacts/{artifact} 200 206 304 401 404 409 410 416',
      'get /agent/v1/jobs/{jobId}/cache 200 400 401 404 409',
      'get /artifacts/{id} 200 206 304 401 404 410 416 429',
      'get /exports/{id} 200 401 404 409 410',
      'get /exports/{id}/status 200 401 404',
      'get /jobs/{id}/log 200 206 304 401 404 416 429',
      'head /agent/v1/jobs/{jobId}/artifacts/{artifact} 200 400 401 404 409 413 422 503',
      'head /artifacts/{id} 200 206 304 401 404 410 416 429',
      'head /exports/{id} 200 401 404 409 410',
      'head /jobs/{id}/log 200 206 304 401 404 416 429',
      'patch /agent/v1/jobs/{jobId}/artifacts/{artifact} 200 201 204 400 401 404 409 413 422 503',
      'put /agent/v1/jobs/{jobId}/artifacts/{artifact} 200 201 400 401 404 409 413 422 503',
      'put /agent/v1/jobs/{jobId}/cache 200 201 400 401 404 409 413 503',
    ]);
    for (const { name, method, parameters, requestBody, responses } of own) {
      expect([name, parameters.filter(({ description }) => !description)]).toEqual([name, []]);
      expect([name, requestBody !== undefined]).toEqual([name, method === 'put' || method === 'patch']);
      const bare = Object.entries(responses).filter(([status, { content }]) => !content && !/204|304/.test(status));
      expect([name, bare.length > 0]).toEqual([name, method === 'head']);
    }
  });

  it('lists the statuses that downloads, logs and exports have', async () => {
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, { get: { responses: object } }>;
    };
    const key = { 'x-api-key': ADMIN_KEY };
    for (const path of ['/artifacts/{id}', '/jobs/{id}/log', '/exports/{id}', '/exports/{id}/status']) {
      for (const headers of [{}, key]) {
        const { status } = await fetch(`${server.url}${path.replace('{id}', 'x')}`, { headers });
        expect(Object.keys(paths[path]?.get.responses ?? {})).toContain(String(status));
      }
    }
  });

  it('reads no history', async () => {
    const plan = await server.app.database.transaction(async (db) => {
      await db.rows('SET LOCAL enable_seqscan = off');
      return db.rows<{ 'QUERY PLAN': string }>(`EXPLAIN ${SAMPLE}`, [new Date(), new Date()]);
    });
    const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(lines).toMatch('agent_present');
    expect(lines).not.toMatch(/Seq Scan on (agent|execution|approval|job|trigger_firing|event_delivery)\b/);
  });

  it('is documented, and drawn in the dashboard', () => {
    const names = [...text.matchAll(/^# TYPE (\S+) (\w+)/gm)].map(([, name = '', type = '']) => ({ name, type }));
    const own = names.filter(({ name }) => name.startsWith('slipway_'));
    const page = readFileSync(join(docs, 'monitoring.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(slipway_\w+)` \| (\w+) \|/gm)].map(([, name = '', type = '']) => ({
      name,
      type,
    }));
    expect(rows.sort(byName)).toEqual(own.sort(byName));
    const known = new Set(
      names.flatMap(({ name, type }) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
      ),
    );
    const used = (file: string) => [
      ...new Set(readFileSync(join(docs, 'monitoring', file), 'utf8').match(/\b(slipway|process|nodejs)_[a-z0-9_]+/g)),
    ];
    const dashboard = used('grafana-dashboard.json');
    expect([...dashboard, ...used('alerts.yaml')].filter((name) => !known.has(name))).toEqual([]);
    const drawn = own.filter(({ name }) => !dashboard.some((one) => one.startsWith(name)));
    expect(drawn.map(({ name }) => name)).toEqual([]);
  });
});

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
