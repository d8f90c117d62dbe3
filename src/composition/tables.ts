import { apiKeyTable } from '../access/apiKeys.table';
import { apiKeyUserGroupTable } from '../access/apiKeyUserGroups.table';
import { rightsVersionTable } from '../access/rightsVersion.table';
import { userGroupMemberTable, userGroupPermissionTable, userGroupTable } from '../access/userGroups.table';
import { userTable } from '../access/users.table';
import { agentTable, agentTokenTable } from '../runs/agents/agents.table';
import { applicationTable } from '../catalog/applications/applications.table';
import { approvalTable } from '../runs/approvals/approvals.table';
import { artifactTable } from '../runs/artifacts/artifacts.table';
import { auditLinkTable, auditRecordTable, auditUnsealedTable } from '../access/audit/audit.table';
import { deploymentTable, environmentTable } from '../catalog/environments/environments.table';
import {
  attemptElementTable,
  besideTaskTable,
  eventHorizonTable,
  executionAttemptTable,
  executionEnvironmentTable,
  executionEventTable,
  executionServiceTable,
  executionTable,
  executionVariableTable,
  stageExecutionTable,
  taskDependencyTable,
  taskExecutionTable,
  taskGateTable,
} from '../runs/execution/executions.table';
import {
  jobLeaseTable,
  jobLogTable,
  jobTable,
  logChunkTable,
  readyJobTable,
  requirementClassTable,
} from '../runs/queue/jobs.table';
import { pipelineRevisionTable, pipelineTable } from '../catalog/pipelines/pipelines.table';
import {
  operationLogTable,
  operationTable,
  operationTaskTable,
  restorePointTable,
} from '../runs/restores/restores.table';
import { secretTable } from '../catalog/secrets/secrets.table';
import { serviceTable } from '../catalog/services/services.table';
import { workflowRevisionTable, workflowTable } from '../catalog/workflows/workflows.table';

/** Every table, for TypeORM. The database has no other. */
export const tables = [
  userTable,
  userGroupTable,
  userGroupMemberTable,
  userGroupPermissionTable,
  apiKeyTable,
  apiKeyUserGroupTable,
  rightsVersionTable,
  agentTable,
  agentTokenTable,
  applicationTable,
  environmentTable,
  serviceTable,
  secretTable,
  workflowTable,
  workflowRevisionTable,
  pipelineTable,
  pipelineRevisionTable,
  executionTable,
  executionAttemptTable,
  stageExecutionTable,
  taskExecutionTable,
  attemptElementTable,
  besideTaskTable,
  taskDependencyTable,
  executionVariableTable,
  taskGateTable,
  executionEnvironmentTable,
  executionServiceTable,
  executionEventTable,
  eventHorizonTable,
  approvalTable,
  jobTable,
  readyJobTable,
  requirementClassTable,
  jobLeaseTable,
  logChunkTable,
  jobLogTable,
  artifactTable,
  deploymentTable,
  restorePointTable,
  operationTable,
  operationTaskTable,
  operationLogTable,
  auditRecordTable,
  auditLinkTable,
  auditUnsealedTable,
];
