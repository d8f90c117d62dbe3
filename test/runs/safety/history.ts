// Long because it has the commands of a history in one class, and the documents that they are about.
import type { Client } from 'pg';
import { ApiError } from '../../../src/client/apiError';
import { DecideApprovalDocument } from '../../../src/client/generated';
import { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { createKey, READS_RUNS } from '../../support/keys';
import { startAgentProcess, startClockedServer, type TestProcess } from '../../support/processes';
import type { randomness } from '../../support/property';
import { APP, Runs } from '../../support/runs';
import { ADMIN_KEY, type TestServer } from '../../support/server';
import { SafetyModel } from './model';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TARGETS = ['staging', 'prod', 'east', 'west', 'newest', 'strict'] as const;
/** Input types that are not named after their mutations. */
const INPUTS: Readonly<Record<string, string>> = {
  overrideFreeze: 'OverrideFreezeOfRun',
  continueExecution: 'PauseExecution',
};
/** Codes of errors that no state of a run explains. */
const MISTAKES = ['INTERNAL', 'BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED', 'INVALID_INPUT'];
export const PIPELINES = 4;
const LIMITS = { cluster: 1, pool: 2 };

/** Elements of a stage: an approval, a deployment to one of the targets, or a workflow of a group. */
type ElementShape = number | 'approval' | 'pooled';

export interface PipelineShape {
  readonly stages: readonly (readonly ElementShape[])[];
  readonly onFreeze: 'WAIT' | 'REFUSE';
  readonly policy: 'QUEUE' | 'LATEST' | 'REFUSE' | null;
}

type Verb =
  | 'start'
  | 'start workflow'
  | 'decide'
  | 'freeze'
  | 'thaw'
  | 'clock'
  | 'kill server'
  | 'kill agent'
  | 'hold'
  | 'abort'
  | 'again'
  | 'override'
  | 'move'
  | 'withdraw'
  | 'work';

interface Step {
  readonly verb: Verb;
  /** Chooses among what there is, and how it is done. */
  readonly pick: number;
}

const weights: Readonly<Record<Verb, number>> = {
  ...{ start: 12, 'start workflow': 6, decide: 8, freeze: 6, thaw: 1, clock: 5, 'kill server': 0, 'kill agent': 1 },
  ...{ hold: 4, abort: 2, again: 4, override: 2, move: 3, withdraw: 2, work: 8 },
};

const verbs = Object.entries(weights).flatMap(([verb, weight]) => Array.from({ length: weight }, () => verb as Verb));

export type Random = ReturnType<typeof randomness>;
const some = <T>(random: Random, most: number, one: () => T): T[] => Array.from({ length: 1 + random(most) }, one);

export function pipelineShape(random: Random): PipelineShape {
  const element = (): ElementShape => {
    const kind = random(10);
    return kind < 7 ? random(TARGETS.length) : kind < 9 ? 'approval' : 'pooled';
  };
  const [first = [], ...later] = some(random, 4, () => some(random, 2, element));
  return {
    // It deploys something, so that every start may give an image.
    stages: [[random(TARGETS.length), ...first.slice(1)], ...later],
    onFreeze: random(3) === 0 ? 'REFUSE' : 'WAIT',
    policy: ([null, null, 'QUEUE', 'LATEST', 'REFUSE'] as const)[random(5)] ?? null,
  };
}

/** Steps of a history. Whatever else happens, servers and agents are killed in it. */
export const stepsOf = (random: Random, length: number): Step[] =>
  Array.from({ length }, (_, index) => ({
    verb: index % 20 === 12 ? 'kill server' : index % 20 === 6 ? 'kill agent' : (verbs[random(verbs.length)] ?? 'work'),
    pick: random(10_000),
  }));

const documentsOf = (shapes: readonly PipelineShape[]): string => `${APP}
---
kind: Environment
application: app
name: east
type: NON_PROD
concurrency: cluster
---
kind: Environment
application: app
name: west
type: NON_PROD
concurrency: cluster
---
kind: Environment
application: app
name: newest
type: NON_PROD
concurrency: { policy: LATEST }
---
kind: Environment
application: app
name: strict
type: NON_PROD
concurrency: { policy: REFUSE }
---
kind: Workflow
application: app
name: ship
environment: \${environment}
services: [web]
tasks:
  look: { run: "true" }
  deploy: { run: sleep 0.05, deploys: true, depends_on: [look], on_lost: RETRY }
---
kind: Workflow
application: app
name: pooled
concurrency: { group: pool, limit: 2 }
tasks: { use: { run: sleep 0.05 } }
${shapes.map(pipelineOf).join('')}`;

function pipelineOf({ stages, onFreeze, policy }: PipelineShape, index: number): string {
  const lines = stages.map((elements, s) => {
    const written = elements.map((one, e) => {
      if (one === 'approval') return `{ name: ask ${s}.${e}, approval: { approvers: [Managers] } }`;
      if (one === 'pooled') return `{ name: use ${s}.${e}, workflow: pooled }`;
      return `{ name: ship ${s}.${e}, workflow: ship, environment: ${TARGETS[one]} }`;
    });
    return `  - elements: [${written.join(', ')}]\n`;
  });
  const concurrency = policy === null ? '' : `concurrency: { policy: ${policy} }\n`;
  return `---\nkind: Pipeline\napplication: app\nname: p${index}\non_freeze: ${onFreeze}\n${concurrency}stages:\n${lines.join('')}`;
}

/** Servers, agents, the clock and the commands of one history. */
export class History {
  private ahead = 0;
  private server: Awaited<ReturnType<typeof startClockedServer>> | undefined;
  private agent: TestProcess | undefined;
  private readonly runs: Runs;
  private readonly client: TestClient;
  private readonly environments = new Map<string, string>();
  private readonly freezeIds = new Map<SafetyModel['freezes'][number], string>();
  private applicationId = '';
  private logged = '';
  private approver: TestClient | undefined;
  readonly model: SafetyModel;

  constructor(
    private readonly database: Client,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly dir: string,
    private readonly url: string,
  ) {
    this.client = new TestClient(url, ADMIN_KEY);
    this.runs = new Runs({ client: this.client, url } as unknown as TestServer);
    this.model = new SafetyModel(database, LIMITS);
  }

  async begin(shapes: readonly PipelineShape[]): Promise<void> {
    this.server = await startClockedServer(this.environment, this.ahead);
    this.startAgent();
    await this.runs.apply(documentsOf(shapes));
    this.approver = new TestClient(this.url, await createKey(this.client, 'Managers', READS_RUNS));
    this.applicationId = (await this.runs.ids('pipeline', 'p0')).applicationId;
    const { environments } = await this.client.ask<{ environments: { nodes: { id: string; name: string }[] } }>(
      '{ environments { nodes { id name } } }',
    );
    for (const { id, name } of environments.nodes) this.environments.set(name, id);
  }

  /** Errors that the servers have logged. */
  log(): string {
    return `${this.logged}${this.server?.output() ?? ''}`.slice(-8000);
  }

  async end(): Promise<void> {
    await Promise.all([this.server?.end('SIGKILL'), this.agent?.end('SIGKILL')]);
  }

  private startAgent(): void {
    this.agent = startAgentProcess(this.url, this.dir, 'agent', { SLIPWAY_AGENT_SLOTS: '8' });
  }

  private now = () => Date.now() + this.ahead;

  private async move(ms: number): Promise<void> {
    this.ahead += ms;
    await this.server?.setAhead(this.ahead);
  }

  private rows = async <T extends object>(sql: string, ...parameters: unknown[]): Promise<T[]> =>
    (await this.database.query<T>(sql, parameters)).rows;

  /** IDs of runs that meet a condition, oldest first. */
  private async runsWhere(condition: string): Promise<string[]> {
    const sql = `SELECT id FROM execution WHERE id = run_id AND ${condition} ORDER BY created_at, id`;
    return (await this.rows<{ id: string }>(sql)).map(({ id }) => id);
  }

  /** Sends a mutation. A refusal is an answer like another; an unexpected error is none. */
  private async change(field: string, input: object): Promise<boolean> {
    const type = INPUTS[field] ?? `${field[0]?.toUpperCase()}${field.slice(1)}`;
    return this.tried(
      this.client.ask(`mutation ($input: ${type}Input!) { ${field}(input: $input) { clientMutationId } }`, { input }),
    );
  }

  private async tried(work: Promise<unknown>): Promise<boolean> {
    return work.then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiError && !MISTAKES.includes(error.code)) return false;
        throw error;
      },
    );
  }

  private start(pick: number): Promise<boolean> {
    const images = { serviceInputs: [{ name: 'web', image: `web:${pick}` }] };
    return this.tried(this.runs.start('pipeline', `p${pick % PIPELINES}`, images));
  }

  private startWorkflow(pick: number, value = TARGETS[pick % TARGETS.length] ?? ''): Promise<boolean> {
    return this.tried(
      this.runs.start('workflow', 'ship', {
        serviceInputs: [{ name: 'web', image: `web:${pick}` }],
        variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value } }],
      }),
    );
  }

  private async decide(pick: number): Promise<void> {
    const waiting = await this.rows<{ approvalId: string; executionId: string }>(
      `SELECT id AS "approvalId", execution_id AS "executionId" FROM approval WHERE status = 'WAITING'
       ORDER BY requested_at, id`,
    );
    const one = waiting[pick % waiting.length];
    if (one === undefined || this.approver === undefined) return;
    const action = pick % 5 === 0 ? 'REJECT' : 'APPROVE';
    const input = { ...one, action, applicationId: this.applicationId } as const;
    await this.tried(this.approver.ask(DecideApprovalDocument, { input }));
  }

  private async freeze(pick: number): Promise<void> {
    const free = await this.rows<{ name: string }>(
      `SELECT name FROM environment WHERE NOT EXISTS (SELECT FROM slot WHERE group_key = 'environment ' || environment.id)
       ORDER BY name`,
    );
    const environment = free[pick % free.length]?.name ?? TARGETS[pick % TARGETS.length] ?? '';
    const asked = this.now();
    const from = asked + ((pick >> 3) % 4 === 0 ? HOUR : -HOUR);
    const until = from + (1 + ((pick >> 5) % 4)) * HOUR;
    const isWindow = pick % 7 === 0;
    const input = {
      ...{ name: `freeze ${this.model.freezes.length}`, kind: isWindow ? 'DEPLOYMENT_WINDOW' : 'FREEZE' },
      ...{ from: new Date(from).toISOString(), until: new Date(until).toISOString(), reason: 'test' },
      environmentIds: [this.environments.get(environment)],
    };
    const { createFreeze } = await this.client.ask<{ createFreeze: { freeze: { id: string } } }>(
      'mutation ($input: CreateFreezeInput!) { createFreeze(input: $input) { freeze { id } } }',
      { input },
    );
    const known = { environment, isWindow, from, until, asked, exists: this.now(), gone: Number.POSITIVE_INFINITY };
    this.model.freezes.push(known);
    this.freezeIds.set(known, createFreeze.freeze.id);
    // Something that meets it.
    await this.startWorkflow(pick, environment);
  }

  private async thaw(which: (freeze: SafetyModel['freezes'][number]) => boolean): Promise<void> {
    for (const freeze of this.model.freezes.filter((one) => one.gone === Number.POSITIVE_INFINITY && which(one))) {
      freeze.gone = this.now();
      await this.change('deleteFreeze', { freezeId: this.freezeIds.get(freeze) });
    }
  }

  /** Kills the server while it carries out commands, and starts it again. */
  private async killServer(pick: number): Promise<void> {
    const racing = [this.start(pick), this.startWorkflow(pick + 1), this.decide(pick), this.start(pick + 2)];
    if (pick % 2 === 0) await racing[0];
    await this.server?.end('SIGKILL');
    this.logged += this.server?.output() ?? '';
    await Promise.all(racing);
    this.server = await startClockedServer(this.environment, this.ahead);
  }

  private async killAgent(): Promise<void> {
    await this.agent?.end('SIGKILL');
    this.startAgent();
  }

  private async again(pick: number): Promise<void> {
    const ended = await this.runsWhere(`status IN ('FAILED', 'ABORTED', 'EXPIRED', 'REJECTED', 'ERROR', 'SUCCESS')`);
    const id = ended[pick % ended.length];
    if (id === undefined) return;
    const override = pick % 4 === 0 ? { overrideFreeze: { reason: 'test' } } : {};
    if (pick % 4 === 0) this.model.overridden.add(id);
    const common = { applicationId: this.applicationId, ...override, overrule: true };
    if (pick % 3 === 0) await this.change('rerunExecution', { ...common, executionId: id });
    else await this.change('resumeExecution', { ...common, pipelineExecutionId: id });
  }

  private async onOne(condition: string, pick: number, field: string, more: object = {}): Promise<void> {
    const found = await this.runsWhere(condition);
    const executionId = found[pick % found.length];
    if (executionId === undefined) return;
    if (field === 'overrideFreeze') this.model.overridden.add(executionId);
    const own = field === 'overrideFreeze' ? {} : { applicationId: this.applicationId };
    await this.change(field, { ...own, executionId, ...more });
  }

  /** Lets the agent work until there is nothing for it to do, or for a while. */
  private async work(): Promise<void> {
    const isBusy = async () => {
      await this.model.look();
      return (await this.rows(`SELECT FROM job WHERE status IN ('QUEUED', 'RUNNING') LIMIT 1`)).length > 0;
    };
    await eventually(isBusy, (busy) => !busy, { withinMs: 1000 }).catch((error: Error) => {
      if (!error.message.includes('did not come true')) throw error;
    });
  }

  async take({ verb, pick }: Step): Promise<void> {
    const waits = `EXISTS (SELECT FROM slot_request WHERE slot_request.run_id = execution.id)`;
    switch (verb) {
      case 'start':
        await Promise.all([this.start(pick), this.start(pick + 1)]);
        break;
      case 'start workflow':
        await this.startWorkflow(pick);
        break;
      case 'decide':
        await this.decide(pick);
        break;
      case 'freeze':
        await this.freeze(pick);
        break;
      case 'thaw':
        await this.thaw((one) => this.model.freezes.indexOf(one) === pick % this.model.freezes.length);
        break;
      case 'clock':
        await this.move((1 + (pick % 200)) * MINUTE);
        break;
      case 'kill server':
        await this.killServer(pick);
        break;
      case 'kill agent':
        await this.killAgent();
        break;
      case 'hold':
        await this.onOne(
          pick % 2 === 0 ? 'ended_at IS NULL' : 'pause IS NOT NULL',
          pick >> 1,
          pick % 2 === 0 ? 'pauseExecution' : 'continueExecution',
        );
        break;
      case 'abort':
        await this.onOne('ended_at IS NULL', pick, 'abortExecution');
        break;
      case 'again':
        await this.again(pick);
        break;
      case 'override':
        await this.onOne(
          `EXISTS (SELECT FROM begin_wait WHERE run_id = execution.id AND code = 'FROZEN')`,
          pick,
          'overrideFreeze',
          { reason: 'test' },
        );
        break;
      case 'move':
        await this.onOne(waits, pick, 'moveSlotWaiter');
        break;
      case 'withdraw':
        await this.onOne(waits, pick, 'withdrawSlotWaiter');
        break;
      case 'work':
        await this.work();
        break;
    }
    await this.model.look();
  }

  /** Ends all freezes, continues and approves everything, and waits until nothing is left. */
  async settle(): Promise<void> {
    await this.thaw(({ isWindow }) => isWindow);
    const last = Math.max(this.now(), ...this.model.freezes.map(({ until }) => until));
    await this.move(last - this.now() + MINUTE);
    for (const executionId of await this.runsWhere('pause IS NOT NULL')) {
      await this.change('continueExecution', { applicationId: this.applicationId, executionId });
    }
    let turn = 0;
    await eventually(
      async () => {
        await this.decide(5 * turn++ + 1);
        await this.model.look();
        return this.model.unfinished();
      },
      (open) => open.length === 0,
      { withinMs: 120_000, what: 'that nothing is left' },
    );
  }
}
