import { apiKeyTable } from '../access/apiKeys.table';
import { apiKeyUserGroupTable } from '../access/apiKeyUserGroups.table';
import { rightsVersionTable } from '../access/rightsVersion.table';
import { userGroupMemberTable, userGroupPermissionTable, userGroupTable } from '../access/userGroups.table';
import { userTable } from '../access/users.table';
import { agentTable, agentTokenTable } from '../agents/agents.table';
import { applicationTable } from '../applications/applications.table';
import { approvalTable } from '../approvals/approvals.table';
import { artifactTable } from '../artifacts/artifacts.table';
import { auditLinkTable, auditRecordTable, auditUnsealedTable } from '../audit/audit.table';
import { deploymentTable, environmentTable } from '../environments/environments.table';
import {
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
} from '../executions/executions.table';
import {
  jobLeaseTable,
  jobLogTable,
  jobTable,
  logChunkTable,
  readyJobTable,
  requirementClassTable,
} from '../jobs/jobs.table';
import { pipelineRevisionTable, pipelineTable } from '../pipelines/pipelines.table';
import { operationLogTable, operationTable, operationTaskTable, restorePointTable } from '../restores/restores.table';
import { secretTable } from '../secrets/secrets.table';
import { serviceTable } from '../services/services.table';
import { workflowRevisionTable, workflowTable } from '../workflows/workflows.table';

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
