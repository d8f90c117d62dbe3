import { userSessionTable } from '../access/sessions.table';
import { exchangedTokenTable } from '../access/trust/exchangedToken.table';
import { trustRules } from '../access/trust/trustRules';
import { registeredOperationTable } from '../catalog/operations/registeredOperations';
import { apiKeyTable, apiKeyUserGroupTable } from '../access/apiKeys';
import { signingKeyTable } from '../kernel/database/signingKey.table';
import { sharedCountTable } from '../kernel/database/sharedCounts.table';
import { rightsVersionTable } from '../access/rightsVersion.table';
import { userGroups } from '../access/userGroups';
import { userGroupMemberTable, userGroupPermissionTable } from '../access/userGroups.table';
import { users } from '../access/users';
import { agentSampleTable, agentTable, agentTokenTable } from '../runs/agents/agents.table';
import { idempotencyKeyTable } from '../runs/commands/idempotencyKeys.table';
import { applications } from '../catalog/applications/applications';
import { approvalTable, approvalVoteTable } from '../runs/approvals/approvals.table';
import { cacheEntryTable } from '../runs/caches/caches.table';
import { storedContentTable } from '../runs/contents/contents.table';
import { jobReportTable } from '../runs/reports/jobReports.table';
import { exportTable } from '../runs/exports/exports.table';
import { artifactTable } from '../runs/artifacts/artifacts.table';
import { auditLinkTable, auditRecordTable, auditUnsealedTable } from '../access/audit/audit.table';
import { deployedImageTable, deploymentTable } from '../runs/deployments/deployments.table';
import { environments } from '../catalog/environments/environments';
import { environmentValuesTable } from '../catalog/environments/environmentValues.table';
import {
  attemptElementTable,
  detachedTaskTable,
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
import { jobLogTable, logChunkTable } from '../runs/logs/jobLogs.table';
import {
  jobLeaseTable,
  jobTable,
  labelMatchTable,
  labelSetTable,
  queuePauseTable,
  queueSettingTable,
  readyJobTable,
  requirementClassTable,
} from '../runs/queue/jobs.table';
import { deliveryTable } from '../runs/eventSubscriptions/eventDeliveries';
import { subscriptionStateTable, subscriptions } from '../runs/eventSubscriptions/eventSubscriptions';
import { pipelines } from '../catalog/pipelines/pipelines';
import {
  operationLogTable,
  operationTable,
  operationTaskTable,
  restorePointTable,
} from '../runs/restores/restores.table';
import { observationTable, observedServiceTable, observerTable } from '../runs/observations/observations.table';
import { rollbackRequestTable, rollbackTable } from '../runs/rollbacks/rollbacks.table';
import { beginWaitTable, slotRequestTable, slotTable } from '../runs/slots/slots.table';
import { secretTable } from '../catalog/secrets/secrets';
import { freezeVersionTable } from '../catalog/freezes/freezeVersions.table';
import { freezes } from '../catalog/freezes/freezes';
import { triggerHookTable, triggers, triggerVersionTable } from '../catalog/triggers/triggers';
import { firingTable } from '../runs/triggers/firings.table';
import { services } from '../catalog/services/services';
import { templates } from '../catalog/templates/templates';
import { tagLinkTable, tags } from '../catalog/tags/tags';
import { workflows } from '../catalog/workflows/workflows';

/** All tables of the database, for TypeORM. */
export const tables = [
  users.schema,
  userGroups.schema,
  userGroupMemberTable,
  userGroupPermissionTable,
  apiKeyTable,
  apiKeyUserGroupTable,
  rightsVersionTable,
  agentTable,
  agentTokenTable,
  agentSampleTable,
  applications.schema,
  environments.schema,
  environmentValuesTable,
  services.schema,
  secretTable,
  freezes.schema,
  freezeVersionTable,
  triggers.schema,
  triggerVersionTable,
  triggerHookTable,
  firingTable,
  templates.schema,
  templates.revisions.schema,
  tags.schema,
  tagLinkTable,
  workflows.schema,
  workflows.revisions.schema,
  pipelines.schema,
  pipelines.revisions.schema,
  executionTable,
  idempotencyKeyTable,
  slotTable,
  slotRequestTable,
  beginWaitTable,
  executionAttemptTable,
  stageExecutionTable,
  taskExecutionTable,
  attemptElementTable,
  detachedTaskTable,
  taskDependencyTable,
  executionVariableTable,
  taskGateTable,
  executionEnvironmentTable,
  executionServiceTable,
  executionEventTable,
  eventHorizonTable,
  approvalTable,
  approvalVoteTable,
  jobTable,
  readyJobTable,
  queuePauseTable,
  queueSettingTable,
  requirementClassTable,
  labelSetTable,
  labelMatchTable,
  jobLeaseTable,
  logChunkTable,
  jobLogTable,
  artifactTable,
  jobReportTable,
  storedContentTable,
  cacheEntryTable,
  exportTable,
  deploymentTable,
  deployedImageTable,
  rollbackTable,
  observerTable,
  observationTable,
  observedServiceTable,
  rollbackRequestTable,
  restorePointTable,
  operationTable,
  operationTaskTable,
  operationLogTable,
  auditRecordTable,
  auditLinkTable,
  auditUnsealedTable,
  sharedCountTable,
  signingKeyTable,
  subscriptions.schema,
  subscriptionStateTable,
  deliveryTable,
  trustRules.schema,
  exchangedTokenTable,
  userSessionTable,
  registeredOperationTable,
];
