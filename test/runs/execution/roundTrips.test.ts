import { randomUUID } from 'node:crypto';
import { AsyncLocalStorage } from 'node:async_hooks';
import { systemAccess } from '../../../src/access/access';
import { type Actor, systemActor } from '../../../src/access/actor';
import { findApprovalsOfExecution } from '../../../src/runs/approvals/approvals.store';
import { abortExecution } from '../../../src/runs/commands/abortExecution';
import { decideApproval } from '../../../src/runs/commands/decideApproval';
import { resumeExecution } from '../../../src/runs/commands/resumeExecution';
import { rerunExecution } from '../../../src/runs/commands/rerunExecution';
import { resumeWorkflowExecution } from '../../../src/runs/commands/resumeWorkflowExecution';
import { startExecution } from '../../../src/runs/commands/startExecution';
import { findExecution } from '../../../src/runs/execution/executions.store';
import { describeJobs } from '../../../src/runs/queue/describeJobs';
import { finishJobs } from '../../../src/runs/queue/finishJobs';
import { claimReadyJobs } from '../../../src/runs/queue/claimedJobs.store';
import { startJobs } from '../../../src/runs/queue/startJobs';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP, Runs } from '../../support/runs';
import { startTestServer, type TestServer } from '../../support/server';

/** Maximum number of round trips to PostgreSQL per command. */
const MOST = 3;
const MOST_OF_START = 2;
/** An approval that comes before a deployment also reads what it would replace. */
const MOST_OF_APPROVED_START = 3;
/** It gives the jobs to agents and reads what they need, in one statement. */
const MOST_OF_CLAIM = 1;
/** A resume of a workflow that deploys also reads later deployments, and the tasks that deploy again. */
const MOST_OF_REDEPLOY = 6;
const SIZES = [1, 1000];

/** The standalone workflow has its own environment, because an environment takes one deployment at a time. */
const workflow = (size: number, keys = '', task = '', name = `${size}`) => `
${['flow', 'alone']
  .map(
    (kind) => `---
kind: Workflow
application: app
name: ${kind}-${name}
max_parallel: 2
${kind === 'flow' ? keys : keys.replace('staging', 'prod')}
tasks:
  go: { run: "true", ${task} matrix: { n: [${Array.from({ length: size }, (_, index) => index).join(', ')}] } }
`,
  )
  .join('')}---
kind: Pipeline
application: app
name: gate-${name}
stages:
  - elements: [{ name: ask, approval: { approvers: [Managers] } }]
  - elements: [{ name: go, workflow: flow-${name} }]
`;

/** Member of every approver group. */
const actor: Actor = {
  ...systemActor,
  access: Object.create(systemAccess, { isMemberOf: { value: () => true } }) as Actor['access'],
};

describe('round trips of a command, for any size of workflow', () => {
  let server: TestServer;
  let runs: Runs;
  let agentId: string;
  let labelSetId: number;
  const counted = new AsyncLocalStorage<{ flushes: number }>();

  beforeAll(async () => {
    server = await startTestServer();
    runs = new Runs(server);
    const deploying = 'environment: staging\nservices: [web]';
    await runs.apply(
      [
        APP,
        ...SIZES.map((size) => workflow(size)),
        workflow(100, deploying, '', 'deploys'),
        workflow(100, deploying, 'deploys: [web],', 'marked'),
      ].join(''),
    );
    await ProtocolAgent.register(server.url);
    const [agent] = await server.app.database.rows<{ id: string; labelSetId: number }>(
      'SELECT id, label_set_id AS "labelSetId" FROM agent',
    );
    agentId = agent?.id ?? '';
    labelSetId = agent?.labelSetId ?? 0;
    // The server's sweeper and streams are not part of the measured command.
    server.app.database.traffic.beforeFlush = () => {
      const scope = counted.getStore();
      if (scope !== undefined) scope.flushes++;
    };
  });
  afterAll(() => server.stop());

  /** Measures the second run: definitions are cached then, and statements prepared. */
  async function flushesOf(work: () => Promise<unknown>): Promise<number> {
    const scope = { flushes: 0 };
    await counted.run(scope, work);
    return scope.flushes;
  }

  async function lifeOf(size: number | string): Promise<Record<string, number>> {
    const { app } = server;
    const { applicationId, entityId } = await runs.ids('pipeline', `gate-${size}`);
    const serviceInputs = typeof size === 'string' ? [{ name: 'web', image: 'web:1' }] : [];
    const input = { applicationId, entityId, executionType: 'PIPELINE' as const, serviceInputs };
    const flow = await runs.ids('workflow', `alone-${size}`);
    let [id, alone] = ['', ''];
    const took: Record<string, number> = {};
    took.start = await flushesOf(async () => {
      id = (await startExecution(app, actor, { ...input, idempotencyKey: `start ${randomUUID()}` })).id;
    });
    took.startWorkflow = await flushesOf(async () => {
      alone = (await startExecution(app, actor, { ...input, ...flow, executionType: 'WORKFLOW' })).id;
    });
    const decide = async (action: 'APPROVE' | 'REJECT') => {
      const approval = (await findApprovalsOfExecution(app.database, id)).find((one) => one.status === 'WAITING');
      const decision = { action, applicationId, executionId: id, approvalId: approval?.id ?? '' };
      return flushesOf(() => decideApproval(app, actor, decision));
    };
    took.reject = await decide('REJECT');
    const overrule = true;
    const again = { applicationId, pipelineExecutionId: id, overrule };
    took.resume = await flushesOf(() =>
      resumeExecution(app, actor, { ...again, idempotencyKey: `resume ${randomUUID()}` }),
    );
    took.approve = await decide('APPROVE');
    const slots = [0, 1].map((n) => ({ agentId, tokenHash: `hash ${id} ${n}` }));
    const offerUntil = new Date(Date.now() + 60_000);
    let claims: { jobId: string; tokenHash: string }[] = [];
    took.claim = await flushesOf(async () => {
      const claimed = await claimReadyJobs(
        app.database,
        { labelSetId, applicationIds: null },
        slots,
        offerUntil,
        new Date(),
      );
      await describeJobs(app, claimed, []);
      claims = claimed.map(({ jobId, tokenHash }) => ({ jobId, tokenHash }));
    });
    took.jobStart = await flushesOf(() => startJobs(app, claims));
    const result = {
      exitCode: 0,
      signal: null,
      reason: null,
      message: null,
      commandStarted: true,
      logBytes: null,
      logSha256: null,
      logWritten: null,
      outputs: [],
    };
    took.jobFinish = await flushesOf(() =>
      finishJobs(
        app,
        claims.map((claim) => ({ ...claim, ...result })),
      ),
    );
    took.abort = await flushesOf(() =>
      abortExecution(app, actor, { applicationId, executionId: id }).catch(() => undefined),
    );
    // The claims may have taken its tasks.
    await abortExecution(app, actor, { applicationId, executionId: alone }).catch(() => undefined);
    const aborted = async (executionId: string) =>
      (await findExecution(app.database, executionId))?.status === 'ABORTED';
    if (await aborted(id)) {
      took.resumeByTask = await flushesOf(() => resumeExecution(app, actor, { ...again, granularity: 'TASK' }));
      await abortExecution(app, actor, { applicationId, executionId: id });
    }
    took.rerun = await flushesOf(() => rerunExecution(app, actor, { applicationId, executionId: id, overrule }));
    await abortExecution(app, actor, { applicationId, executionId: id });
    if (await aborted(alone)) {
      took.resumeWorkflow = await flushesOf(() =>
        resumeWorkflowExecution(app, actor, { applicationId, workflowExecutionId: alone, overrule }),
      );
      await abortExecution(app, actor, { applicationId, executionId: alone });
    }
    return took;
  }

  it.each([...SIZES, 'deploys', 'marked'])(
    'with %s tasks',
    async (size) => {
      await lifeOf(size);
      const took = await lifeOf(size);
      const redeploys = (name: string) => typeof size === 'string' && /^(resume|rerun)/.test(name);
      const most = (name: string) =>
        ({
          claim: MOST_OF_CLAIM,
          start: typeof size === 'string' ? MOST_OF_APPROVED_START : MOST_OF_START,
          startWorkflow: MOST_OF_START,
        })[name] ?? (redeploys(name) ? MOST_OF_REDEPLOY : MOST);
      expect(Object.entries(took).filter(([name, flushes]) => flushes > most(name))).toEqual([]);
    },
    120_000,
  );
});
