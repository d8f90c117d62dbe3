import {
  AbortExecutionDocument,
  ApplicationIdDocument,
  ApplyDefinitionsDocument,
  DecideApprovalDocument,
  type ExecutionType,
  FindRunDocument,
  PipelineIdDocument,
  StartExecutionDocument,
  WorkflowIdDocument,
} from '../../src/client/generated';
import { TestClient } from './client';
import { eventually } from './eventually';
import { createKey, READS_RUNS } from './keys';
import type { TestServer } from './server';

/**
 * Documents of one small application, `app`, with the environments `staging` and `prod` and a service `web`; tests add
 * more.
 */
export const APP = `
kind: Application
name: app
---
kind: Environment
application: app
name: staging
type: NON_PROD
variables: { WHERE: staging }
---
kind: Environment
application: app
name: prod
type: PROD
---
kind: Service
application: app
name: web
`;

interface Ids {
  readonly applicationId: string;
  readonly entityId: string;
}

export interface StageView {
  readonly pipelineStageElementId: string;
  readonly pipelineStageName: string;
  readonly pipelineStepName: string;
  readonly status: string;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly workflowExecutionId?: string | null;
}

export interface TaskView {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly tries: number;
  readonly nextTryAt: string | null;
  readonly ignoredFailure: boolean;
  readonly jobs: readonly {
    id: string;
    status: string;
    attempt: number;
    reasonCode: string | null;
    agent: { id: string; name: string } | null;
  }[];
  readonly artifacts: readonly { id: string; name: string; size: number; sha256: string; downloadUrl: string }[];
}

export interface RunView {
  readonly id: string;
  readonly status: string;
  readonly failureCode: string | null;
  readonly failureDetails: string | null;
  readonly pipelineStageExecutions?: readonly StageView[];
  readonly tasks?: readonly TaskView[];
}

const TASKS = `tasks { id name status reasonCode reason exitCode tries nextTryAt ignoredFailure
  jobs { id status attempt reasonCode agent { id name } } artifacts { id name size sha256 downloadUrl } }`;

/** Helpers for tests of runs, through the public API. */
export class Runs {
  private approving: TestClient | undefined;
  /** Ids of pipelines and workflows since the last change of definitions. */
  private readonly found = new Map<string, Promise<Ids>>();
  /** Execution id → application id. */
  private readonly applications = new Map<string, string>();

  constructor(
    private readonly server: TestServer,
    private readonly application = 'app',
  ) {}

  async apply(source: string): Promise<void> {
    this.found.clear();
    await this.server.client.ask(ApplyDefinitionsDocument, { input: { source } });
  }

  /** Ids of the application and of its pipeline or workflow with this name. */
  ids(kind: 'pipeline' | 'workflow', name: string): Promise<Ids> {
    const key = `${kind} ${name}`;
    const found = this.found.get(key) ?? this.find(kind, name);
    this.found.set(key, found);
    return found;
  }

  private async find(kind: 'pipeline' | 'workflow', name: string): Promise<Ids> {
    const { client } = this.server;
    const { id: applicationId } = (await client.ask(ApplicationIdDocument, { name: this.application }))
      .applicationByName;
    const { id: entityId } =
      kind === 'pipeline'
        ? (await client.ask(PipelineIdDocument, { applicationId, name })).pipelineByName
        : (await client.ask(WorkflowIdDocument, { applicationId, name })).workflowByName;
    return { applicationId, entityId };
  }

  async start(
    kind: 'pipeline' | 'workflow',
    name: string,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const executionType: ExecutionType = kind === 'pipeline' ? 'PIPELINE' : 'WORKFLOW';
    const input = { ...(await this.ids(kind, name)), executionType, ...more };
    return (await this.server.client.ask(StartExecutionDocument, { input })).startExecution.execution.id;
  }

  async read(id: string): Promise<RunView> {
    const { execution } = await this.server.client.ask<{ execution: RunView }>(
      `query ($id: ID!) { execution(executionId: $id) { id status failureCode failureDetails
        ... on PipelineExecution { pipelineStageExecutions { pipelineStageElementId pipelineStageName pipelineStepName status reasonCode reason
          ... on WorkflowStageExecution { workflowExecutionId } } }
        ... on WorkflowExecution { ${TASKS} } } }`,
      { id },
    );
    return execution;
  }

  async until(id: string, ...statuses: string[]): Promise<RunView> {
    await eventually(
      () => this.status(id),
      (status) => statuses.includes(status),
      { what: `execution ${id} ${statuses.join(' or ')}` },
    );
    return this.read(id);
  }

  async is(id: string, ...statuses: string[]): Promise<boolean> {
    return statuses.includes(await this.status(id));
  }

  /** Read from the table, because tests ask for it more often than for everything else together. */
  private async status(id: string): Promise<string> {
    if (this.server.app === undefined) return (await this.read(id)).status;
    const [row] = await this.server.app.database.rows<{ status: string }>(
      'SELECT status FROM execution WHERE id = $1',
      [id],
    );
    if (row === undefined) throw new Error(`execution ${id} does not exist`);
    return row.status;
  }

  async task(executionId: string, name: string): Promise<TaskView> {
    const task = (await this.read(executionId)).tasks?.find((one) => one.name === name);
    if (task === undefined) throw new Error(`execution ${executionId} has no task ${name}`);
    return task;
  }

  /** True once the run waits for a decision; a run also waits for places in its environments. */
  async asks(runId: string): Promise<boolean> {
    const sql = `SELECT FROM approval WHERE execution_id = $1 AND status = 'WAITING'`;
    return (await this.server.app.database.rows(sql, [runId])).length > 0;
  }

  async abort(executionId: string, reason?: string): Promise<string> {
    const { client } = this.server;
    const { id: applicationId } = (await client.ask(ApplicationIdDocument, { name: this.application }))
      .applicationByName;
    const input = { applicationId, executionId, reason };
    return (await client.ask(AbortExecutionDocument, { input })).abortExecution.execution.status;
  }

  async approvals(
    executionId: string,
  ): Promise<readonly { approvalId: string; status: string; comments: string | null }[]> {
    const { applicationId } = await this.applicationOf(executionId);
    const { approvalDetails } = await this.server.client.ask<{
      approvalDetails: { approvalDetails: { approvalId: string; status: string; comments: string | null }[] };
    }>(
      `query ($a: ID!, $e: ID!) { approvalDetails(applicationId: $a, executionId: $e, includeDecided: true) {
        approvalDetails { approvalId status comments } } }`,
      { a: applicationId, e: executionId },
    );
    return approvalDetails.approvalDetails;
  }

  /** A member of the group that the tests' approvals name; nobody else may decide, not even an administrator. */
  private async approver(): Promise<TestClient> {
    const { url, client } = this.server;
    this.approving ??= new TestClient(url, await createKey(client, 'Managers', READS_RUNS, 'a manager'));
    return this.approving;
  }

  async decide(
    executionId: string,
    action: 'APPROVE' | 'REJECT',
    comments?: string,
    inputs?: readonly { readonly name: string; readonly value: string }[],
  ): Promise<void> {
    const { applicationId } = await this.applicationOf(executionId);
    const approvals = await this.approvals(executionId);
    const { approvalId } = approvals.find(({ status }) => status === 'WAITING') ?? approvals.at(-1) ?? {};
    await (await this.approver()).ask(DecideApprovalDocument, {
      input: { action, applicationId, executionId, approvalId: approvalId ?? '', comments, inputs },
    });
  }

  private async applicationOf(executionId: string): Promise<{ applicationId: string }> {
    const found = this.applications.get(executionId);
    if (found !== undefined) return { applicationId: found };
    const { execution } = await this.server.client.ask(FindRunDocument, { id: executionId });
    const applicationId = execution.application?.id ?? '';
    this.applications.set(executionId, applicationId);
    return { applicationId };
  }

  /** The run's event log, read from the table: the API might hide a gap. */
  events(
    runId: string,
  ): Promise<readonly { sequence: number; type: string; data: Record<string, unknown>; executionId: string }[]> {
    return this.server.app.database.rows(
      'SELECT sequence, type, data, execution_id AS "executionId" FROM execution_event WHERE run_id = $1 ORDER BY sequence',
      [runId],
    );
  }
}
