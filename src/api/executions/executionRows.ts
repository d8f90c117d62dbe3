import type { Execution, StageExecution, TaskExecution } from '../../engine/execution';
import { executionTable, stageExecutionTable, taskExecutionTable } from '../../runs/execution/executions.table';
import { RowFields } from '../graphql/rowFields';

/** Columns that the fields of executions, stages and tasks show. */

export const executionRows = new RowFields<Execution>({
  table: executionTable,
  always: ['id', 'kind', 'runId', 'applicationId', 'parentStageExecutionId', 'createdAt'],
  needs: {
    application: [],
    artifacts: ['images'],
    attempts: [],
    cause: ['cause'],
    deployments: [],
    durationMs: ['startedAt', 'attemptStartedAt', 'endedAt', 'earlierMs'],
    endsAs: ['status', 'finallyTasks', 'failureCode'],
    environment: ['environmentId'],
    finallyTasks: ['attempt'],
    forensicExecutions: [],
    history: [],
    inputVariables: ['variables'],
    lastSequence: ['lastSequence', 'lastExecutionSequence'],
    memberExecutions: [],
    pause: ['pause'],
    pipeline: ['entityId'],
    pipelineStageExecutions: ['attempt'],
    revision: ['revisionId'],
    rollback: [],
    rollbackArtifacts: [],
    rolledBackBy: [],
    serviceImages: ['images'],
    tags: ['entityId'],
    tasks: ['revisionId'],
    variables: ['variables'],
    waitingFor: [],
    whyNotRunning: [],
    workflow: ['entityId'],
    workflowExecutions: [],
  },
});

export const stageRows = new RowFields<StageExecution>({
  table: stageExecutionTable,
  always: ['id', 'executionId', 'kind'],
  renamed: {
    pipelineStageElementId: 'elementId',
    pipelineStageName: 'stageName',
    pipelineStepName: 'stepName',
    ignoredFailure: 'ignored',
  },
  needs: {
    approvals: [],
    approvalStepType: [],
    environment: ['environmentId'],
    inputVariables: ['variables'],
    revision: ['workflowRevisionId'],
    runtimeInputsGiven: ['answers'],
    whyNotRunning: [],
    workflowAttempt: ['workflowExecutionId', 'workflowAttempt'],
    workflowExecution: ['workflowExecutionId'],
  },
});

export const taskRows = new RowFields<TaskExecution>({
  table: taskExecutionTable,
  always: ['id', 'executionId', 'attempt', 'name'],
  needs: {
    approvals: ['startedAt', 'tries'],
    artifacts: [],
    durationMs: ['startedAt', 'endedAt'],
    failedTaskExecution: ['type'],
    forensicExecution: [],
    ignoredFailure: ['status', 'passed'],
    jobs: [],
    reused: [],
    stageExecution: [],
    waitingFor: ['status'],
    whyNotRunning: ['status'],
  },
});
