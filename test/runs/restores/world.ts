import { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { APP } from '../../support/runs';
import { testWorld, type World } from '../../support/world';

/** Two services, built and deployed to two environments, with restore tasks in the workflow that deploys. */
export const DEFINITIONS = `${APP}
---
kind: Service
application: app
name: api
---
kind: Workflow
application: app
name: build
variables: [{ name: VERSION, default: "1" }]
tasks:
  lint: { run: "true" }
  pack: { run: "true", depends_on: [lint], artifacts: ["out.txt"], register: DIGEST }
---
kind: Workflow
application: app
name: deploy-web
environment: \${environment}
services: [web]
tasks:
  prepare: { run: "true" }
  copy: { run: "true", depends_on: [prepare], artifacts: { from: build.pack } }
  health: { run: "true", depends_on: [copy] }
  switch-back: { type: restore, run: "true", on_lost: RETRY, artifacts: { from: build.pack } }
  restart: { type: restore, run: "true", depends_on: [switch-back] }
---
kind: Workflow
application: app
name: deploy-api
environment: \${environment}
services: [api]
tasks:
  copy: { run: "true" }
---
kind: Pipeline
application: app
name: release
variables: [{ name: VERSION, default: "1" }, { name: REGION, default: eu, fixed: true }]
stages:
  - elements: [{ name: build, workflow: build }]
  - elements:
      - { name: web to staging, workflow: deploy-web, environment: staging }
      - { name: api to staging, workflow: deploy-api, environment: staging }
  - elements: [{ name: sign-off, approval: { approvers: [Managers], timeout: 1h } }]
  - elements:
      - { name: web to prod, workflow: deploy-web, environment: prod }
      - { name: api to prod, workflow: deploy-api, environment: prod }
---
kind: Pipeline
application: app
name: guarded
variables: [{ name: VERSION, default: "1" }]
stages:
  - elements: [{ name: build, workflow: build }]
  - elements: [{ name: web, workflow: deploy-web, environment: staging, skip_condition: 'VERSION == "1"' }]
`;

const RELEASED: Readonly<Record<string, string>> = { web: 'web:1', api: 'api:1' };

export interface OperationView {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly endedAt: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly log: string;
  readonly tasks: readonly { readonly name: string; readonly status: string }[];
}

const OPERATION = 'id kind status endedAt error { code message } log tasks { name status }';

/** A world with these documents, and helpers for tests of restores. */
export const restoreWorld = (
  environment: Readonly<Record<string, string>> = {},
  definitions = DEFINITIONS,
): RestoreWorld => new RestoreWorld(testWorld(definitions, { environment }));

export class RestoreWorld implements World {
  readonly server: World['server'];
  readonly runs: World['runs'];
  readonly agent: World['agent'];
  /** The last release of the usual images. */
  private last: string | undefined;

  constructor({ server, runs, agent }: World) {
    this.server = server;
    this.runs = runs;
    this.agent = agent;
  }

  get client(): TestClient {
    return this.server.client;
  }

  /** A pipeline run that has succeeded. */
  async release(images = RELEASED): Promise<string> {
    const serviceInputs = Object.entries(images).map(([name, image]) => ({ name, image }));
    const id = await this.runs.start('pipeline', 'release', { serviceInputs });
    await this.finish(id, 'SUCCESS');
    if (images === RELEASED) this.last = id;
    return id;
  }

  /** A pipeline run at SUCCESS, in any of its attempts: the last release if no run started later, otherwise a new one. */
  async released(): Promise<string> {
    const newest = `SELECT id FROM execution WHERE id = run_id ORDER BY created_at DESC LIMIT 1`;
    const [found] = await this.server.app.database.rows<{ id: string }>(newest);
    return found !== undefined && found.id === this.last && (await this.runs.is(found.id, 'SUCCESS'))
      ? found.id
      : this.release();
  }

  /** Works and approves until the run has this status. Returns the tasks that ran; those in `fails` fail. */
  async finish(id: string, status: string, ...fails: readonly string[]): Promise<string[]> {
    const ran: string[] = [];
    for (;;) {
      const jobs = await this.agent.work(
        () => this.hasOrAsks(id, status),
        (job) => fails.includes(job.task),
      );
      ran.push(...jobs.map((job) => job.task));
      if (await this.runs.is(id, status)) return ran;
      await this.runs.decide(id, 'APPROVE');
    }
  }

  /** True if the run has this status, or waits for a decision. */
  async hasOrAsks(id: string, status: string): Promise<boolean> {
    return (await this.runs.is(id, status)) || (await this.runs.asks(id));
  }

  /** A run whose extension with another web reached staging and failed in production, with its state before that. */
  async failedInProd({ anew = false } = {}): Promise<{ id: string; before: unknown }> {
    const id = await (anew ? this.release() : this.released());
    const before = await this.results(id);
    await this.extend(id, { web: 'web:2' });
    let copies = 0;
    for (;;) {
      await this.agent.work(
        () => this.hasOrAsks(id, 'FAILED'),
        (job) => job.task === 'copy' && ++copies > 1,
      );
      if (await this.runs.is(id, 'FAILED')) return { id, before };
      await this.runs.decide(id, 'APPROVE');
    }
  }

  async extend(
    runId: string,
    images: Readonly<Record<string, string | null>>,
    more: Readonly<Record<string, unknown>> = {},
    client = this.client,
  ): Promise<{ run: { status: string; attempt: number }; operation: OperationView }> {
    const list = Object.entries(images).map(([service, image]) => ({ service, image }));
    const { addImagesToRun } = await client.ask<{
      addImagesToRun: { run: { status: string; attempt: number }; operation: OperationView };
    }>(
      `mutation ($input: AddImagesToRunInput!) { addImagesToRun(input: $input) { run { status attempt } operation { ${OPERATION} } } }`,
      { input: { runId, images: list, ...more } },
    );
    return addImagesToRun;
  }

  async restore(
    runId: string,
    more: Readonly<Record<string, unknown>> = {},
    client = this.client,
  ): Promise<OperationView> {
    const { restoreRun } = await client.ask<{ restoreRun: { operation: OperationView } }>(
      `mutation ($input: RestoreRunInput!) { restoreRun(input: $input) { run { status } operation { ${OPERATION} } } }`,
      { input: { runId, ...more } },
    );
    return restoreRun.operation;
  }

  async operation(id: string): Promise<OperationView> {
    const { operation } = await this.client.ask<{ operation: OperationView }>(
      `query ($id: ID!) { operation(operationId: $id) { ${OPERATION} } }`,
      { id },
    );
    return operation;
  }

  /** Restores, and works until the restore has ended; restore tasks in `fails` fail. */
  async restored(
    runId: string,
    more: Readonly<Record<string, unknown>> = {},
    ...fails: readonly string[]
  ): Promise<OperationView & { readonly ran: readonly string[] }> {
    const { id } = await this.restore(runId, more);
    const jobs = await this.agent.work(
      () => this.isOver(id),
      (job) => fails.includes(job.task),
    );
    return { ...(await this.operation(id)), ran: jobs.map((job) => job.task) };
  }

  async ended(id: string): Promise<OperationView> {
    await eventually(() => this.isOver(id), Boolean, { what: `the end of operation ${id}` });
    return this.operation(id);
  }

  async isOver(operationId: string): Promise<boolean> {
    const sql = `SELECT FROM operation WHERE id = $1 AND status <> 'RUNNING'`;
    return (await this.server.app.database.rows(sql, [operationId])).length === 1;
  }

  /** Results without the times that a restore sets: ends of executions, and deployment times. */
  async results(runId: string): Promise<unknown> {
    const without = (_key: string, value: unknown) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const { deployedAt: _deployed, expiresAt: _expires, ...kept } = value as Record<string, unknown>;
      if ('serviceImages' in kept) for (const name of ['endedAt', 'durationMs']) delete kept[name];
      return kept;
    };
    return JSON.parse(JSON.stringify(await this.snapshot(runId)), without);
  }

  /**
   * Everything that the API shows of a run and of the environments, except attempts, events, operations and the
   * version.
   */
  async snapshot(runId: string): Promise<unknown> {
    const tasks =
      'tasks { id name status tries reasonCode reason exitCode ignoredFailure startedAt endedAt durationMs jobs { id status attempt reasonCode log { bytes sealed } } artifacts { id name size sha256 } }';
    const shared =
      'id status notes failureCode failureDetails createdAt startedAt endedAt expiresAt durationMs inputVariables { name value } serviceImages { serviceId image } variables { name value type setBy setAt readOnly }';
    return this.client.ask(
      `query ($id: ID!) {
        execution(executionId: $id) { ${shared} resumability { resumable reason stages { name elementId resumable } } ... on PipelineExecution {
          revision { id } pipelineStageExecutions { pipelineStageElementId pipelineStageName pipelineStepName status reasonCode reason startedAt endedAt
            ... on WorkflowStageExecution { workflowExecutionId inputVariables { name value } environment { id }
              workflowExecution { ${shared} mode maxParallel environment { id } revision { id } ${tasks} } } } } }
        environments(limit: 50) { nodes { id name variables { name value } deployments { image deployedAt service { name } execution { id } } } } }`,
      { id: runId },
    );
  }

  async preview(runId: string, client = this.client): Promise<Record<string, unknown>> {
    const { restorePreview } = await client.ask<{ restorePreview: Record<string, unknown> }>(
      `query ($id: ID!) { restorePreview(runId: $id) { allowed refusals { code } configuration planToken restorePoint { id attempt }
        inputs { name now restored } images { environment service now restored } variables { stepName name now restored }
        stages { stepName status attempt restoredStatus restoredAttempt } tasks { name step environment workflow }
        environmentConflicts { environment service now restored runId } } }`,
      { id: runId },
    );
    return restorePreview;
  }

  /** Deployments that the API shows: environment → service → image. */
  async deployed(): Promise<Record<string, Record<string, string>>> {
    const { environments } = await this.client.ask<{
      environments: { nodes: { name: string; deployments: { image: string; service: { name: string } }[] }[] };
    }>('{ environments(limit: 50) { nodes { name deployments { image service { name } } } } }');
    return Object.fromEntries(
      environments.nodes.map(({ name, deployments }) => [
        name,
        Object.fromEntries(deployments.map(({ service, image }) => [service.name, image])),
      ]),
    );
  }

  /** What the restores of a run left uncertain, and how the environments show it. */
  async unknown(runId: string): Promise<{ recorded: string[]; shown: string[] }> {
    interface Place {
      readonly image: string;
      readonly status: string;
      readonly environment: { readonly name: string };
    }
    const { execution, environments } = await this.client.ask<{
      execution: { deployments: Place[] };
      environments: { nodes: { name: string; unsettledDeployments: Omit<Place, 'environment'>[] }[] };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { deployments { image status environment { name } } }
        environments(limit: 50) { nodes { name unsettledDeployments { image status } } } }`,
      { id: runId },
    );
    const text = ({ image, status }: { image: string; status: string }, environment: string) =>
      `${image} in ${environment} ${status}`;
    return {
      recorded: execution.deployments
        .filter(({ status }) => status === 'UNKNOWN')
        .map((one) => text(one, one.environment.name)),
      shown: environments.nodes.flatMap(({ name, unsettledDeployments }) =>
        unsettledDeployments.filter(({ status }) => status === 'UNKNOWN').map((one) => text(one, name)),
      ),
    };
  }

  /** Key with these rights to the application's runs; without environments, for all of them. */
  async key(name: string, actions: readonly string[], environments?: string): Promise<TestClient> {
    return new TestClient(this.server.url, await this.keyValue(name, actions, environments));
  }

  async keyValue(name: string, actions: readonly string[], environments?: string): Promise<string> {
    const deployments = environments === undefined ? '' : `, deployments: {filterTypes: [${environments}]}`;
    const { createUserGroup } = await this.client.ask<{ createUserGroup: { userGroup: { id: string } } }>(
      `mutation { createUserGroup(input: {name: "${name}", permissions: {appPermissions: [
        {permissionType: DEPLOYMENT, actions: [READ], applications: {filterType: ALL}},
        {permissionType: PIPELINE, actions: [READ], applications: {filterType: ALL}},
        {permissionType: DEPLOYMENT, actions: [${actions.join(', ')}], applications: {filterType: ALL}${deployments}}]}}) { userGroup { id } } }`,
    );
    const { createApiKey } = await this.client.ask<{ createApiKey: { value: string } }>(
      `mutation { createApiKey(input: {name: "${name}", userGroupIds: ["${createUserGroup.userGroup.id}"]}) { value } }`,
    );
    return createApiKey.value;
  }

  /** Key of a caller that may see nothing. */
  async strangerKey(): Promise<string> {
    const { createUserGroup } = await this.client.ask<{ createUserGroup: { userGroup: { id: string } } }>(
      'mutation { createUserGroup(input: {name: "strangers"}) { userGroup { id } } }',
    );
    const { createApiKey } = await this.client.ask<{ createApiKey: { value: string } }>(
      `mutation { createApiKey(input: {name: "a stranger", userGroupIds: ["${createUserGroup.userGroup.id}"]}) { value } }`,
    );
    return createApiKey.value;
  }

  codeOf(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'OK',
      (error: Error) => error.message.split(':')[0] ?? '',
    );
  }
}
