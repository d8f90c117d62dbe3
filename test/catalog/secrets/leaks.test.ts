import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { TestClient } from '../../support/client';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { startAgentProcess, startServerProcess, type TestProcess } from '../../support/processes';
import { APP, Runs } from '../../support/runs';
import { ADMIN_KEY, type TestServer, testEnvironment } from '../../support/server';

const SECRET = 'Hunter2/😀 "quoted" & more';
const KEY = 'first line of a key\nsecond line of a key';

/** Ways in which a job can reveal a secret by accident. */
const COMMANDS: Readonly<Record<string, string>> = {
  plain: 'echo "it is $SECRET"; echo "$SECRET" >&2',
  split: `printf %s "$SECRET" | node -e 'let all = ""; process.stdin.on("data", (c) => { all += c }).on("end", async () => { for (const byte of Buffer.from(all)) { process.stdout.write(Buffer.of(byte)); process.stderr.write(Buffer.of(byte)); await new Promise((r) => setTimeout(r, 3)); } })'`,
  encoded: `printf %s "$SECRET" | base64; printf "x%s" "$SECRET" | base64; printf "xy%s!" "$SECRET" | base64; node -p 'JSON.stringify(process.env)'; node -p 'encodeURIComponent(process.env.SECRET)'`,
  lines: 'echo "$KEY"; echo "$KEY" | base64',
  traced: 'set -x; test "$SECRET" = x || true',
  environment: 'env; export -p',
  registered: 'echo "$SECRET"',
  output: 'echo "LEAK=$SECRET" >> "$SLIPWAY_OUTPUT"',
  'bad-output': 'echo "$KEY" >> "$SLIPWAY_OUTPUT"',
  'as-name': 'echo "$KEY" | head -1 > name; mv name "$(echo "$KEY" | head -1)"',
  missing: 'exit 0',
  folder: 'mkdir "$(echo "$KEY" | head -1)"',
  failing: 'echo "$SECRET" >&2; exit 3',
  handled: 'echo "it was $SECRET" >&2; exit 4',
};

const more: Readonly<Record<string, string>> = {
  plain: 'streams: separate',
  split: 'streams: separate',
  registered: 'register: LEAK',
  'as-name': 'artifacts: ["*key*"]',
  missing: 'artifacts: [nothing]',
  folder: 'artifacts: ["*key"]',
  handled: 'on_failure: tell',
};

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: leaky
secrets: [SECRET, KEY]
tasks:
${Object.entries(COMMANDS)
  .map(([name, run]) => `  ${name}: { run: ${JSON.stringify(run)}, ignore_failure: true, ${more[name] ?? ''} }`)
  .join('\n')}
  tell: { type: forensic, run: 'echo "$error_message"; env' }
`;

describe('a secret', () => {
  let dir: string;
  let database: TestDatabase;
  let server: TestProcess & { url: string };
  let agent: TestProcess;
  let client: TestClient;
  let runs: Runs;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-leaks-'));
    database = await createTestDatabase();
    server = await startServerProcess({
      ...testEnvironment(database.url, dir),
      LOG_LEVEL: 'trace',
      LOG_FORMAT: 'json',
    });
    agent = startAgentProcess(server.url, dir, 'agent', { LOG_LEVEL: 'trace', SLIPWAY_AGENT_SLOTS: '4' });
    client = new TestClient(server.url, ADMIN_KEY);
    runs = new Runs({ client, url: server.url } as TestServer);
    await runs.apply(DEFINITIONS);
    const { applicationId } = await runs.ids('workflow', 'leaky');
    for (const [name, secretValue] of Object.entries({ SECRET, KEY })) {
      await client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { secret { id } } }', {
        input: { applicationId, name, secretValue },
      });
    }
  });
  afterAll(async () => {
    await agent.end('SIGTERM');
    await server.end('SIGTERM');
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });

  const log = async (jobId: string) => {
    const { jobLog } = await client.ask<{ jobLog: { frames: { stream: string; text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { stream text } } }',
      { id: jobId },
    );
    return jobLog.frames;
  };

  const forensic = async (id: string) => {
    const { execution } = await client.ask<{
      execution: { forensicExecutions: { status: string; jobs: { id: string }[] }[] };
    }>(
      'query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { forensicExecutions { status jobs { id } } } } }',
      { id },
    );
    return execution.forensicExecutions;
  };

  it('appears nowhere after a run: logs, results, errors, events, audit records, program output', async () => {
    const id = await runs.start('workflow', 'leaky');
    const run = await runs.until(id, 'SUCCESS', 'FAILED');
    const tasks = new Map(run.tasks?.map((task) => [task.name, task]));
    const reasons = Object.fromEntries([...tasks].map(([name, task]) => [name, task.reasonCode]));
    expect(reasons).toEqual({
      plain: null,
      split: null,
      encoded: null,
      lines: null,
      traced: null,
      environment: null,
      registered: 'SECRET_IN_OUTPUT',
      output: 'SECRET_IN_OUTPUT',
      'bad-output': 'BAD_OUTPUT',
      'as-name': 'SECRET_IN_OUTPUT',
      missing: 'OUTPUT_MISSING',
      folder: 'OUTPUT_MISSING',
      failing: 'EXIT_CODE',
      handled: 'EXIT_CODE',
    });
    expect(tasks.get('folder')?.reason).toContain('*** is an empty directory');
    const text = async (name: string, stream: string) =>
      (await log(tasks.get(name)?.jobs[0]?.id ?? ''))
        .filter((one) => one.stream === stream)
        .map((one) => one.text)
        .join('');
    expect(await text('plain', 'stdout')).toBe('it is ***\n');
    expect(await text('plain', 'stderr')).toBe('***\n');
    expect([await text('split', 'stdout'), await text('split', 'stderr')]).toEqual(['***', '***']);
    expect(await text('lines', 'stdout')).toBe('***\n***\n***\n');
    const handlers = await eventually(
      () => forensic(id),
      (all) => all.length === 1 && all.every(({ status }) => status === 'SUCCESS'),
    );
    const told = (await log(handlers[0]?.jobs[0]?.id ?? '')).map((one) => one.text).join('');
    expect(told).toContain('it was ***');
    const forms = formsToLookFor();
    const dump = await everything(database.url);
    for (const form of forms) {
      expect(dump.filter((line) => line.includes(form))).toEqual([]);
      expect(server.output()).not.toContain(form);
      expect(agent.output()).not.toContain(form);
    }
    const events = await client
      .ask('query ($id: ID!) { executionEvents(executionId: $id) { nodes { data } } }', { id })
      .catch(String);
    expect(JSON.stringify(events)).not.toContain('Hunter2');
  });
});

/** The value, its lines, their base64 forms at every offset, and all of it in the hexadecimal form of bytea. */
function formsToLookFor(): string[] {
  const values = [
    SECRET,
    'Hunter2',
    JSON.stringify(SECRET).slice(1, -1),
    encodeURIComponent(SECRET),
    ...KEY.split('\n'),
  ];
  const base64 = [SECRET, ...KEY.split('\n')].flatMap((value) =>
    [0, 1, 2].map((shift) =>
      Buffer.from('x'.repeat(shift) + value)
        .toString('base64')
        .slice(4, 20),
    ),
  );
  const plain = [...values, ...base64];
  return [...plain, ...plain.map((one) => Buffer.from(one).toString('hex'))];
}

/** Every row of every table, as text. */
async function everything(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['secret', 'log_chunk', 'audit_record', 'job']),
    );
    const lines: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ line: string }>(`SELECT row.*::text AS line FROM ${name} AS row`);
      lines.push(...rows.map(({ line }) => `${name} ${line}`));
    }
    return lines;
  } finally {
    await client.end();
  }
}
