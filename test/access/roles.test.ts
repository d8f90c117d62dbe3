// Long because every field of the schema has its row here.
import { createHash } from 'node:crypto';
import type { Access } from '../../src/access/access';
import { TestClient } from '../support/client';
import { resolvers } from '../../src/api/graphql/resolvers';
import { buildGraphqlSchema } from '../../src/api/graphql/schema';
import { ProtocolAgent } from '../support/protocolAgent';
import { APP, Runs } from '../support/runs';
import { startTestServer, type TestServer } from '../support/server';

/**
 * Sends every query, mutation and subscription of the schema as callers in five roles. A field without a row fails:
 * each new field must declare its permissions.
 *
 * OK: succeeds. EMPTY: succeeds with an empty result. Anything else is the code of the error.
 */
const roles = ['administrator', 'reader', 'developer', 'stranger', 'nobody'] as const;
type Role = (typeof roles)[number];
type Row = readonly [operation: string, ...outcomes: readonly [string, string, string, string, string]];

const all = (outcome: string) => [outcome, outcome, outcome, outcome, outcome] as const;
/** Objects of an application: visible to callers with rights in it. */
const seen = ['OK', 'OK', 'OK', 'NOT_FOUND', 'NOT_FOUND'] as const;
const listed = ['OK', 'OK', 'OK', 'EMPTY', 'EMPTY'] as const;
/** Requires the right to start a pipeline in all of its environments. */
const started = ['OK', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND', 'NOT_FOUND'] as const;
/** Only administrators may change these; callers that see them get FORBIDDEN. */
const administered = ['OK', 'FORBIDDEN', 'FORBIDDEN', 'NOT_FOUND', 'NOT_FOUND'] as const;
const account = ['OK', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'] as const;
const unknownRule = ['NOT_FOUND', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'] as const;
/** Only callers that manage these see them; for all others they don't exist. */
const hidden = ['OK', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'] as const;

const HELLO = "kind: Workflow\\napplication: app\\nname: hello\\ntasks:\\n  a: { run: 'true' }";

const queries: Readonly<Record<string, Row>> = {
  version: ['{ version }', ...all('OK')],
  viewer: [
    '{ viewer { name administrator accountPermissions groups { name } can(action: "READ", applicationId: "$app") { allowed } } }',
    ...all('OK'),
  ],
  application: ['{ application(applicationId: "$app") { name environments(limit: 9) { nodes { name } } } }', ...seen],
  applicationByName: ['{ applicationByName(name: "app") { id } }', ...seen],
  applications: [
    '{ applications(filters: [{name: {operator: EQUALS, values: ["app"]}}], limit: 9) { nodes { name } pageInfo { total } } }',
    ...listed,
  ],
  environment: ['{ environment(environmentId: "$staging") { name deployments { image } } }', ...seen],
  environments: [
    '{ environments(filters: [{application: {operator: EQUALS, values: ["$app"]}}], limit: 9) { nodes { name } pageInfo { total } } }',
    ...listed,
  ],
  service: ['{ service(serviceId: "$service") { name } }', ...seen],
  services: [
    '{ services(filters: [{application: {operator: EQUALS, values: ["$app"]}}], limit: 9) { nodes { name } pageInfo { total } } }',
    ...listed,
  ],
  workflow: ['{ workflow(workflowId: "$workflow") { name definition } }', ...seen],
  workflowByName: ['{ workflowByName(applicationId: "$app", workflowName: "build") { id } }', ...seen],
  workflows: [
    '{ workflows(filters: [{application: {operator: EQUALS, values: ["$app"]}}], limit: 9) { nodes { name } pageInfo { total } } }',
    ...listed,
  ],
  executionPlan: [
    '{ executionPlan(input: {applicationId: "$app", entityId: "$workflow", executionType: WORKFLOW}) { startable problems { code } } }',
    ...seen,
  ],
  workflowGraph: ['{ workflowGraph(workflowId: "$workflow", format: ASCII) { text } }', ...seen],
  pipeline: ['{ pipeline(pipelineId: "$pipeline") { name definition } }', ...seen],
  pipelineByName: ['{ pipelineByName(applicationId: "$app", pipelineName: "release") { id } }', ...seen],
  pipelines: [
    '{ pipelines(filters: [{application: {operator: EQUALS, values: ["$app"]}}], limit: 9) { nodes { name } pageInfo { total } } }',
    ...listed,
  ],
  execution: [
    '{ execution(executionId: "$run") { id status application { name } cause { __typename } attempts { attempt actor { name } } history { action } } }',
    ...seen,
  ],
  compareExecutions: [
    '{ compareExecutions(a: "$run", b: "$run") { a { id } definition { name } stages { name different } tasks { name } omitted } }',
    ...seen,
  ],
  node: ['{ node(id: "$run") { id } }', ...seen],
  compareEnvironments: ['{ compareEnvironments(a: "$staging", b: "$staging") { services { newer } } }', ...seen],
  concurrencyGroup: ['{ concurrencyGroup(applicationId: "$app", name: "db", of: WORKFLOWS) { name } }', ...seen],
  trigger: ['{ trigger(triggerId: "$trigger") { name definition } }', ...seen],
  triggerByName: ['{ triggerByName(applicationId: "$app", triggerName: "hook") { id } }', ...seen],
  triggers: ['{ triggers(limit: 9) { nodes { name } pageInfo { total } } }', ...listed],
  testTrigger: ['{ testTrigger(input: {triggerId: "$trigger", payload: "{}"}) { starts } }', ...started],
  template: ['{ template(templateId: "$template") { name users { name } } }', ...seen],
  templateByName: ['{ templateByName(templateName: "tested", applicationId: "$app") { name } }', ...seen],
  templates: ['{ templates(limit: 9) { nodes { name } pageInfo { total } } }', ...listed],
  freeze: ['{ freeze(freezeId: "$freeze") { name reason } }', ...seen],
  freezes: ['{ freezes(limit: 9) { nodes { name } pageInfo { total } } }', ...listed],
  freezeCheck: ['{ freezeCheck(environmentId: "$staging") { frozen } }', ...seen],
  promotePreview: ['{ promotePreview(input: {fromId: "$prod", toId: "$staging"}) { allowed } }', ...seen],
  rollbackPreview: ['{ rollbackPreview(input: {environmentId: "$staging"}) { allowed } }', ...seen],
  restoreEnvironmentsPreview: [
    '{ restoreEnvironmentsPreview(input: {applicationIds: ["$app"], environmentIds: ["$staging"], time: "2026-01-01T00:00:00Z"}) { allowed } }',
    ...seen,
  ],
  executions: [
    '{ executions(filters: [{execution: {operator: EQUALS, values: ["$run"]}}], limit: 9) { nodes { id } pageInfo { total } } }',
    ...listed,
  ],
  approvalDetails: [
    '{ approvalDetails(applicationId: "$app", executionId: "$run", includeDecided: true) { approvalDetails { approvalId } } }',
    ...seen,
  ],
  approvals: [
    '{ approvals(status: [WAITING, APPROVED, REJECTED, ABORTED, EXPIRED], limit: 9) { nodes { approvalId } pageInfo { total } } }',
    ...listed,
  ],
  queue: ['{ queue(first: 5) { nodes { state } } }', 'EMPTY', 'EMPTY', 'EMPTY', 'EMPTY', 'EMPTY'],
  queuePauses: ['{ queuePauses { id } }', ...all('OK')],
  job: ['{ job(jobId: "$job") { id status } }', ...seen],
  taskExecution: ['{ taskExecution(taskExecutionId: "$task") { id status jobs { id } } }', ...seen],
  artifacts: ['{ artifacts(first: 9) { nodes { name holds signedLink { url } } pageInfo { total } } }', ...listed],
  executionExport: ['{ executionExport(requestId: "$run") { status } }', ...all('NOT_FOUND')],
  artifact: ['{ artifact(artifactId: "$artifact") { name } }', ...seen],
  jobLog: ['{ jobLog(jobId: "$job") { final } }', ...seen],
  jobLogSearch: ['{ jobLogSearch(executionId: "$run", text: "x") { more } }', ...seen],
  resumePreview: [
    '{ resumePreview(input: {applicationId: "$app", pipelineExecutionId: "$run"}) { allowed } }',
    ...seen,
  ],
  resumeWorkflowPreview: [
    '{ resumeWorkflowPreview(input: {applicationId: "$app", workflowExecutionId: "$flow"}) { allowed } }',
    ...seen,
  ],
  restorePreview: ['{ restorePreview(runId: "$run") { allowed refusals { code } } }', ...seen],
  operation: ['{ operation(operationId: "$operation") { status error { code } log } }', ...seen],
  operationLog: ['{ operationLog(operationId: "$operation") { lines { message } final } }', ...seen],
  agents: ['{ agents(limit: 9) { nodes { name } } }', ...account],
  agent: ['{ agent(agentId: "$agent") { name availableActions { action } } }', ...account],
  agentJobs: ['{ agentJobs(agentId: "$agent", limit: 9) { nodes { id } pageInfo { total } } }', ...account],
  agentTokens: [
    '{ agentTokens(limit: 9) { nodes { name } } }',
    'OK',
    'FORBIDDEN',
    'FORBIDDEN',
    'FORBIDDEN',
    'FORBIDDEN',
  ],
  user: ['{ user(id: "$user") { name } }', ...hidden],
  userByEmail: ['{ userByEmail(email: "somebody@example.org") { name } }', ...hidden],
  userByName: ['{ userByName(name: "Somebody") { name } }', ...hidden],
  users: ['{ users(limit: 9) { nodes { name } pageInfo { total } } }', 'OK', 'EMPTY', 'EMPTY', 'EMPTY', 'EMPTY'],
  userGroup: ['{ userGroup(userGroupId: "$group") { name permissions { version } } }', ...hidden],
  userGroupByName: ['{ userGroupByName(name: "Account Administrator") { id } }', ...hidden],
  userGroups: ['{ userGroups(limit: 9) { nodes { name } } }', ...all('OK')],
  trustRules: ['{ trustRules { name } }', ...account],
  registeredOperations: ['{ registeredOperations { hash } }', ...account],
  apiKeys: ['{ apiKeys { name } }', ...all('OK')],
  eventSubscription: ['{ eventSubscription(subscriptionId: "$subscription") { name enabled pending } }', ...hidden],
  eventSubscriptions: [
    '{ eventSubscriptions(limit: 9) { nodes { name } pageInfo { total } } }',
    ...(['OK', 'EMPTY', 'EMPTY', 'EMPTY', 'EMPTY'] as const),
  ],
  deliveries: [
    '{ deliveries(subscriptionId: "$subscription", limit: 9) { nodes { id } } }',
    'EMPTY',
    'NOT_FOUND',
    'NOT_FOUND',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  secret: ['{ secret(secretId: "$secret") { name } }', ...seen],
  secretByName: ['{ secretByName(name: "KEPT") { id } }', ...seen],
  tag: ['{ tag(tagId: "$tag") { name usages { nodes { value } } } }', ...seen],
  tagByName: ['{ tagByName(name: "team") { id } }', ...seen],
  tags: ['{ tags(limit: 9) { nodes { name } pageInfo { total } } }', ...listed],
  executionEvents: ['{ executionEvents(executionId: "$run", first: 2) { nodes { sequence type } } }', ...seen],
  validateDefinition: [
    '{ validateDefinition(source: "kind: Application\\nname: x", format: YAML) { valid } }',
    ...all('OK'),
  ],
  audits: ['{ audits(first: 1) { nodes { action } } }', ...account],
  verifyAudit: ['{ verifyAudit { valid } }', ...account],
  explainPermission: ['{ explainPermission(userId: "$user", action: "VIEW_AUDITS") { allowed } }', ...hidden],
  effectivePermissions: ['{ effectivePermissions(userId: "$user") { groups { name } } }', ...account],
};

const mutations: Readonly<Record<string, Row>> = {
  applyDefinitions: [
    // An application that the caller may not see looks like one that doesn't exist.
    `mutation { applyDefinitions(input: {source: "${HELLO}", format: YAML}) { results { action } } }`,
    'OK',
    'FORBIDDEN',
    'FORBIDDEN',
    'INVALID_DEFINITION',
    'INVALID_DEFINITION',
  ],
  createApplication: ['mutation { createApplication(input: {name: "another"}) { application { id } } }', ...account],
  updateApplication: [
    'mutation { updateApplication(input: {applicationId: "$app", description: "x"}) { application { id } } }',
    ...administered,
  ],
  createEnvironment: [
    'mutation { createEnvironment(input: {applicationId: "$app", name: "dev", type: NON_PROD}) { environment { id } } }',
    ...administered,
  ],
  updateEnvironment: [
    'mutation { updateEnvironment(input: {environmentId: "$staging", description: "x"}) { environment { id } } }',
    ...administered,
  ],
  deleteEnvironment: [
    'mutation { deleteEnvironment(input: {environmentId: "$staging"}) { clientMutationId } }',
    'IN_USE',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  setSecret: [
    'mutation { setSecret(input: {applicationId: "$app", name: "TOKEN", secretValue: "hunter2!"}) { secret { name } warnings } }',
    ...administered,
  ],
  deleteSecret: [
    'mutation { deleteSecret(input: {applicationId: "$app", environmentId: "$staging", name: "TOKEN"}) { clientMutationId } }',
    'NOT_FOUND',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  resealSecrets: ['mutation { resealSecrets { keyId resealed unreadable } }', ...account],
  createService: [
    'mutation { createService(input: {applicationId: "$app", name: "db"}) { service { id } } }',
    ...administered,
  ],
  updateService: [
    'mutation { updateService(input: {serviceId: "$service", description: "x"}) { service { id } } }',
    ...administered,
  ],
  deleteService: [
    'mutation { deleteService(input: {serviceId: "$service"}) { clientMutationId } }',
    'IN_USE',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  createWorkflow: [
    `mutation { createWorkflow(input: {applicationId: "$app", name: "hello2", definition: {source: "tasks:\\n  a: { run: 'true' }", format: YAML}}) { workflow { id } } }`,
    ...administered,
  ],
  updateWorkflow: [
    'mutation { updateWorkflow(input: {workflowId: "$workflow", name: "build"}) { workflow { id } } }',
    ...administered,
  ],
  deleteWorkflow: [
    'mutation { deleteWorkflow(input: {workflowId: "$workflow"}) { clientMutationId } }',
    'IN_USE',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  createPipeline: [
    `mutation { createPipeline(input: {applicationId: "$app", name: "short", definition: {source: "stages:\\n  - elements: [{ name: build, workflow: build }]", format: YAML}}) { pipeline { id } } }`,
    ...administered,
  ],
  updatePipeline: [
    'mutation { updatePipeline(input: {pipelineId: "$pipeline", name: "release"}) { pipeline { id } } }',
    ...administered,
  ],
  startExecution: [
    'mutation { startExecution(input: {applicationId: "$app", entityId: "$pipeline", executionType: PIPELINE, serviceInputs: [{name: "web", image: "web:1"}]}) { execution { id } } }',
    'OK',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  addImagesToRun: [
    'mutation { addImagesToRun(input: {runId: "$extended", images: [{service: "web", image: "web:3"}]}) { run { id } } }',
    'OK',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  restoreRun: [
    'mutation { restoreRun(input: {runId: "$run"}) { operation { id } } }',
    'NO_RESTORE_POINT',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  cancelRestore: [
    'mutation { cancelRestore(input: {runId: "$run"}) { operation { id } } }',
    'NOT_RESTORING',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  resumeExecution: [
    'mutation { resumeExecution(input: {applicationId: "$app", pipelineExecutionId: "$run", overrule: true}) { execution { id } } }',
    'OK',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  rerunExecution: [
    'mutation { rerunExecution(input: {applicationId: "$app", executionId: "$run", overrule: true}) { execution { id } } }',
    'CONFLICT',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  resumeWorkflowExecution: [
    'mutation { resumeWorkflowExecution(input: {applicationId: "$app", workflowExecutionId: "$flow", overrule: true}) { execution { id } } }',
    'OK',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  reassignApproval: [
    'mutation { reassignApproval(input: {approvers: ["Managers"], applicationId: "$app", executionId: "$run", approvalId: "$approval"}) { clientMutationId } }',
    'NOT_WAITING',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  approveOrRejectApprovals: [
    'mutation { approveOrRejectApprovals(input: {action: APPROVE, applicationId: "$app", executionId: "$run", approvalId: "$approval"}) { success } }',
    'CONFLICT',
    'CONFLICT',
    'CONFLICT',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  createEventSubscription: [
    'mutation { createEventSubscription(input: {url: "http://127.0.0.1:1/", name: "another"}) { eventSubscription { id } } }',
    ...account,
  ],
  updateEventSubscription: [
    'mutation { updateEventSubscription(input: {subscriptionId: "$subscription", name: "later"}) { eventSubscription { id } } }',
    ...hidden,
  ],
  deleteEventSubscription: [
    'mutation { deleteEventSubscription(input: {subscriptionId: "$spareSubscription"}) { clientMutationId } }',
    ...hidden,
  ],
  rotateEventSubscriptionSecret: [
    'mutation { rotateEventSubscriptionSecret(input: {subscriptionId: "$subscription"}) { eventSubscription { id } } }',
    ...hidden,
  ],
  enableEventSubscription: [
    'mutation { enableEventSubscription(input: {subscriptionId: "$subscription"}) { eventSubscription { id } } }',
    ...hidden,
  ],
  disableEventSubscription: [
    'mutation { disableEventSubscription(input: {subscriptionId: "$subscription"}) { eventSubscription { id } } }',
    ...hidden,
  ],
  testEventSubscription: [
    'mutation { testEventSubscription(input: {subscriptionId: "$subscription"}) { delivered } }',
    ...hidden,
  ],
  replayEvents: [
    'mutation { replayEvents(input: {subscriptionId: "$subscription", from: "2030-01-01T00:00:00Z"}) { eventSubscription { id } } }',
    ...hidden,
  ],
  redeliverEvent: [
    'mutation { redeliverEvent(input: {deliveryId: "$run"}) { delivery { id } } }',
    ...(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'] as const),
  ],
  createSecret: [
    'mutation { createSecret(input: {secretType: ENCRYPTED_TEXT, encryptedText: {name: "MADE", value: "hunter2!", usageScope: {appEnvScopes: [{application: {appId: "$app"}}]}}}) { secret { id } } }',
    ...administered,
  ],
  updateSecret: [
    'mutation { updateSecret(input: {secretId: "$secret", secretType: ENCRYPTED_TEXT, encryptedText: {value: "hunter3!"}}) { secret { id } } }',
    ...administered,
  ],
  exportExecutions: ['mutation { exportExecutions(input: {}) { requestId } }', ...all('OK')],
  attachTag: [
    'mutation { attachTag(input: {entityId: "$service", entityType: SERVICE, name: "team", value: "b"}) { tagLink { value } } }',
    ...administered,
  ],
  detachTag: [
    'mutation { detachTag(input: {entityId: "$service", entityType: SERVICE, name: "other"}) { clientMutationId } }',
    ...administered,
  ],
  createTag: ['mutation { createTag(input: {name: "new"}) { tag { id } } }', ...account],
  updateTag: ['mutation { updateTag(input: {tagId: "$tag", allowedValues: null}) { tag { id } } }', ...account],
  deleteTag: ['mutation { deleteTag(input: {tagId: "$spareTag"}) { clientMutationId } }', ...account],
  createTrigger: [
    'mutation { createTrigger(input: {applicationId: "$app", name: "more", action: {entityId: "$pipeline", executionType: PIPELINE}, condition: {conditionType: ON_WEBHOOK, webhookConditionInput: {webhookSourceType: GITHUB}}}) { trigger { id } } }',
    ...started,
  ],
  updateTrigger: [
    'mutation { updateTrigger(input: {triggerId: "$trigger", applicationId: "$app", name: "hook", action: {entityId: "$pipeline", executionType: PIPELINE}, condition: {conditionType: ON_WEBHOOK, webhookConditionInput: {webhookSourceType: GITHUB}}}) { trigger { id } } }',
    ...started,
  ],
  setTriggerEnabled: [
    'mutation { setTriggerEnabled(input: {triggerId: "$trigger", enabled: true}) { trigger { id } } }',
    ...started,
  ],
  rotateTriggerWebhook: [
    'mutation { rotateTriggerWebhook(input: {triggerId: "$trigger", path: true}) { trigger { id } } }',
    ...started,
  ],
  fireTrigger: [
    'mutation { fireTrigger(input: {triggerId: "$trigger", payload: "{}"}) { firing { id } } }',
    ...started,
  ],
  deleteTrigger: [
    'mutation { deleteTrigger(input: {triggerId: "$spareTrigger", applicationId: "$app"}) { clientMutationId } }',
    ...started,
  ],
  createFreeze: [
    'mutation { createFreeze(input: {name: "another", from: "2030-01-01T00:00:00Z", until: "2030-01-02T00:00:00Z", reason: "holidays"}) { freeze { id } } }',
    ...account,
  ],
  updateFreeze: [
    'mutation { updateFreeze(input: {freezeId: "$freeze", reason: "later"}) { freeze { id } } }',
    ...administered,
  ],
  deleteFreeze: ['mutation { deleteFreeze(input: {freezeId: "$freeze"}) { clientMutationId } }', ...administered],
  deleteTemplate: [
    'mutation { deleteTemplate(input: {templateId: "$template"}) { clientMutationId } }',
    ...administered,
  ],
  overrideFreeze: [
    'mutation { overrideFreeze(input: {executionId: "$run", reason: "hotfix"}) { execution { id } } }',
    ...administered,
  ],
  moveSlotWaiter: [
    'mutation { moveSlotWaiter(input: {applicationId: "$app", executionId: "$run"}) { execution { id } } }',
    'NOT_WAITING',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  withdrawSlotWaiter: [
    'mutation { withdrawSlotWaiter(input: {applicationId: "$app", executionId: "$run"}) { execution { id } } }',
    'NOT_WAITING',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  promote: [
    'mutation { promote(input: {fromId: "$prod", toId: "$staging"}) { execution { id } } }',
    'NOTHING_TO_PROMOTE',
    'NOTHING_TO_PROMOTE',
    'NOTHING_TO_PROMOTE',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  rollbackEnvironment: [
    'mutation { rollbackEnvironment(input: {environmentId: "$staging"}) { execution { id } } }',
    'NOTHING_TO_ROLL_BACK',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  restoreEnvironments: [
    'mutation { restoreEnvironments(input: {applicationIds: ["$app"], environmentIds: ["$staging"], time: "2026-01-01T00:00:00Z"}) { execution { id } } }',
    'NOTHING_TO_ROLL_BACK',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  observeEnvironment: [
    'mutation { observeEnvironment(input: {environmentId: "$staging"}) { environment { name } } }',
    'NOT_OBSERVABLE',
    'FORBIDDEN',
    'NOT_OBSERVABLE',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  // Each decision has its own result.
  decideApprovals: [
    'mutation { decideApprovals(input: {decisions: [{action: APPROVE, applicationId: "$app", executionId: "$run", approvalId: "$approval"}]}) { results { code } } }',
    ...all('OK'),
  ],
  abortExecution: [
    'mutation { abortExecution(input: {applicationId: "$app", executionId: "$run"}) { execution { id } } }',
    'OK',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  pipelineResumeRuntime: [
    'mutation { pipelineResumeRuntime(input: {applicationId: "$app", pipelineExecutionId: "$run", pipelineStageElementId: "$element"}) { status } }',
    'NOT_WAITING',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  interveneExecution: [
    'mutation { interveneExecution(input: {applicationId: "$app", executionId: "$run", pipelineStageElementId: "$element", action: RETRY}) { execution { id } } }',
    'NOT_WAITING',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  retryTask: [
    'mutation { retryTask(input: {applicationId: "$app", taskExecutionId: "$task"}) { taskExecution { id } } }',
    'NOT_RETRYABLE',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  pauseExecution: [
    'mutation { pauseExecution(input: {applicationId: "$app", executionId: "$run"}) { execution { id } } }',
    'NOT_PAUSABLE',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  continueExecution: [
    'mutation { continueExecution(input: {applicationId: "$app", executionId: "$run"}) { execution { id } } }',
    'NOT_PAUSABLE',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  // The triggers of this test start it.
  deletePipeline: [
    'mutation { deletePipeline(input: {pipelineId: "$pipeline"}) { clientMutationId } }',
    'IN_USE',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  deleteApplication: [
    'mutation { deleteApplication(input: {applicationId: "$app"}) { clientMutationId } }',
    'IN_USE',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  pinArtifact: ['mutation { pinArtifact(input: {artifactId: "$artifact"}) { artifact { id } } }', ...administered],
  unpinArtifact: ['mutation { unpinArtifact(input: {artifactId: "$artifact"}) { artifact { id } } }', ...administered],
  deleteArtifact: [
    'mutation { deleteArtifact(input: {artifactId: "$artifact"}) { artifact { id } } }',
    'ARTIFACT_HELD',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  moveJob: [
    'mutation { moveJob(input: {jobId: "$job", to: TOP}) { jobIds } }',
    'NOT_WAITING',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  moveJobs: [
    'mutation { moveJobs(input: {jobIds: ["$job"], to: BOTTOM}) { jobIds } }',
    'NOT_WAITING',
    'FORBIDDEN',
    'FORBIDDEN',
    'NOT_FOUND',
    'NOT_FOUND',
  ],
  setPriority: ['mutation { setPriority(input: {applicationId: "$app", priority: 1}) { priority } }', ...administered],
  pauseQueue: ['mutation { pauseQueue(input: {labels: ["a=b"]}) { pause { id } } }', ...account],
  resumeQueue: [
    'mutation { resumeQueue(input: {pauseId: "x"}) { pause { id } } }',
    'NOT_FOUND',
    'FORBIDDEN',
    'FORBIDDEN',
    'FORBIDDEN',
    'FORBIDDEN',
  ],
  cancelJobs: ['mutation { cancelJobs(input: {jobIds: ["$job"]}) { jobs { code } } }', ...all('OK')],
  abortExecutions: [
    'mutation { abortExecutions(input: {executionIds: ["$run"]}) { executions { code } } }',
    ...all('OK'),
  ],
  createAgentToken: ['mutation { createAgentToken(input: {name: "x"}) { value } }', ...account],
  revokeAgentToken: [
    'mutation { revokeAgentToken(input: {agentTokenId: "$agentToken", agents: KEEP}) { agentToken { id } } }',
    ...account,
  ],
  pauseAgent: ['mutation { pauseAgent(input: {agentId: "$agent"}) { agent { id } } }', ...account],
  resumeAgent: ['mutation { resumeAgent(input: {agentId: "$agent"}) { agent { id } } }', ...account],
  relabelAgent: ['mutation { relabelAgent(input: {agentId: "$agent", set: ["a=b"]}) { agent { id } } }', ...account],
  drainAgent: ['mutation { drainAgent(input: {agentId: "$agent"}) { agent { id } } }', ...account],
  removeAgent: ['mutation { removeAgent(input: {agentId: "$agent", runningJobs: LOSE}) { agent { id } } }', ...account],
  createUser: ['mutation { createUser(input: {name: "New", email: "new@example.org"}) { user { id } } }', ...account],
  updateUser: ['mutation { updateUser(input: {id: "$user", name: "Other"}) { user { id } } }', ...hidden],
  addUserToUserGroup: [
    'mutation { addUserToUserGroup(input: {userGroupId: "$group", userId: "$user"}) { userGroup { id } } }',
    ...hidden,
  ],
  removeUserFromUserGroup: [
    'mutation { removeUserFromUserGroup(input: {userGroupId: "$group", userId: "$user"}) { userGroup { id } } }',
    ...hidden,
  ],
  deleteUser: ['mutation { deleteUser(input: {id: "$user"}) { clientMutationId } }', ...hidden],
  createUserGroup: ['mutation { createUserGroup(input: {name: "New group"}) { userGroup { id } } }', ...account],
  updateUserGroup: [
    'mutation { updateUserGroup(input: {userGroupId: "$group", description: "x"}) { userGroup { id } } }',
    ...hidden,
  ],
  updateUserGroupPermissions: [
    'mutation { updateUserGroupPermissions(input: {userGroupId: "$group", permissions: {}}) { permissions { version } } }',
    ...hidden,
  ],
  addAppPermission: [
    'mutation { addAppPermission(input: {userGroupId: "$group", appPermission: {permissionType: SERVICE, actions: [READ], applications: {filterType: ALL}}}) { userGroup { id } } }',
    ...hidden,
  ],
  removeAppPermission: [
    'mutation { removeAppPermission(input: {userGroupId: "$group", appPermissionId: "01a1fde6-77b0-740d-b857-a367d0a2b8ae"}) { userGroup { id } } }',
    ...all('NOT_FOUND'),
  ],
  addAccountPermission: [
    'mutation { addAccountPermission(input: {userGroupId: "$group", accountPermission: VIEW_AUDITS}) { userGroup { id } } }',
    ...hidden,
  ],
  removeAccountPermission: [
    'mutation { removeAccountPermission(input: {userGroupId: "$group", accountPermission: VIEW_AUDITS}) { userGroup { id } } }',
    ...hidden,
  ],
  deleteUserGroup: ['mutation { deleteUserGroup(input: {userGroupId: "$group"}) { clientMutationId } }', ...hidden],
  createApiKey: ['mutation { createApiKey(input: {name: "x", userGroupIds: ["$everybody"]}) { value } }', ...account],
  registerOperations: [
    'mutation { registerOperations(input: {documents: ["{ version }"]}) { operations { hash } } }',
    ...account,
  ],
  deleteRegisteredOperation: [
    `mutation { deleteRegisteredOperation(input: {hash: "${createHash('sha256').update('{ version }').digest('hex')}"}) { hash } }`,
    ...account,
  ],
  createTrustRule: [
    'mutation { createTrustRule(input: {name: "x", issuer: "https://ci.example.com", audience: "a", subject: "s", userGroupIds: ["$everybody"]}) { trustRule { id } } }',
    ...account,
  ],
  updateTrustRule: [
    'mutation { updateTrustRule(input: {trustRuleId: "$app", enabled: false}) { trustRule { id } } }',
    ...unknownRule,
  ],
  deleteTrustRule: ['mutation { deleteTrustRule(input: {trustRuleId: "$app"}) { trustRuleId } }', ...unknownRule],
  updateApiKey: ['mutation { updateApiKey(input: {id: "$key", name: "renamed"}) { apiKey { id } } }', ...hidden],
  revokeApiKey: ['mutation { revokeApiKey(input: {id: "$key"}) { apiKey { id } } }', ...hidden],
};

const subscriptions: Readonly<Record<string, Row>> = {
  executionEvents: ['subscription { executionEvents(executionId: "$run") { cursor } }', ...seen],
  executionsUpdated: [
    'subscription { executionsUpdated { snapshot { executions(first: 9) { nodes { id } } } } }',
    ...listed,
  ],
  approvalsRequested: ['subscription { approvalsRequested { snapshot { approvals { approvalId } } } }', ...all('OK')],
  queueUpdated: ['subscription { queueUpdated { readyJobs } }', ...account],
  executionUpdated: ['subscription { executionUpdated(executionId: "$run") { id } }', ...seen],
  operationLog: ['subscription { operationLog(operationId: "$operation") { final } }', ...seen],
  jobLog: ['subscription { jobLog(jobId: "$job") { final } }', ...seen],
};

describe('permissions of every operation', () => {
  let server: TestServer;
  const clients = new Map<Role, TestClient>();
  const ids = new Map<string, string>();

  const fill = (operation: string): string =>
    operation.replace(/\$(\w+)/g, (_, name: string) => ids.get(name) ?? `missing-${name}`);

  const keyOf = async (name: string, permissions: string): Promise<{ value: string; id: string; groupId: string }> => {
    const { createUserGroup } = await server.client.ask<{ createUserGroup: { userGroup: { id: string } } }>(
      `mutation { createUserGroup(input: {name: "${name}", permissions: {appPermissions: [${permissions}]}}) { userGroup { id } } }`,
    );
    const { createApiKey } = await server.client.ask<{ createApiKey: { value: string; apiKey: { id: string } } }>(
      `mutation { createApiKey(input: {name: "${name}", userGroupIds: ["${createUserGroup.userGroup.id}"]}) { value apiKey { id } } }`,
    );
    return { value: createApiKey.value, id: createApiKey.apiKey.id, groupId: createUserGroup.userGroup.id };
  };

  beforeAll(async () => {
    server = await startTestServer({ SLIPWAY_OUTGOING_ALLOW: '127.0.0.1' });
    const runs = new Runs(server);
    await runs.apply(`${APP}
---
kind: Workflow
application: app
name: build
tasks: { make: { run: "true" } }
---
kind: Workflow
application: app
name: deploy
environment: \${environment}
services: [web]
tasks: { go: { run: "true" } }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: build, workflow: build }]
  - elements: [{ name: staging, workflow: deploy, environment: staging }]
  - elements: [{ name: ask, approval: { approvers: [Managers] } }]
  - elements: [{ name: prod, workflow: deploy, environment: prod }]
---
kind: Pipeline
application: app
name: quick
stages:
  - elements: [{ name: prod, workflow: deploy, environment: prod }]
---
kind: Application
name: other
`);
    const { applicationId, entityId } = await runs.ids('pipeline', 'release');
    const read = await server.client.ask<{
      environments: { nodes: { id: string; name: string }[] };
      services: { nodes: { id: string }[] };
      other: { id: string };
    }>(
      '{ environments(limit: 9) { nodes { id name } } services(limit: 9) { nodes { id } } other: applicationByName(name: "other") { id } }',
    );
    const run = await runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
    const agent = await ProtocolAgent.register(server.url);
    const build = await agent.claimOne();
    await agent.start(build);
    const content = Buffer.from('built');
    await agent.upload(build, 'built.txt', content, createHash('sha256').update(content).digest('hex'));
    await agent.finish(build);
    const done = [build, ...(await agent.work(() => runs.is(run, 'WAITING')))];
    const [artifact] = (await server.app.database.rows<{ id: string }>('SELECT id FROM artifact')) ?? [];
    const [approval] = await runs.approvals(run);
    await runs.decide(run, 'REJECT');
    const flow = await runs.start('workflow', 'deploy', {
      variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: 'prod' } }],
      serviceInputs: [{ name: 'web', image: 'web:1' }],
    });
    await runs.abort(flow);
    const extended = await runs.start('pipeline', 'quick', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
    await agent.work(() => runs.is(extended, 'SUCCESS'));
    const { addImagesToRun } = await server.client.ask<{ addImagesToRun: { operation: { id: string } } }>(
      `mutation { addImagesToRun(input: {runId: "${extended}", images: [{service: "web", image: "web:2"}]}) { operation { id } } }`,
    );
    await runs.abort(extended);
    const { createUser } = await server.client.ask<{ createUser: { user: { id: string } } }>(
      'mutation { createUser(input: {name: "Somebody", email: "somebody@example.org"}) { user { id } } }',
    );
    const { createAgentToken } = await server.client.ask<{ createAgentToken: { agentToken: { id: string } } }>(
      'mutation { createAgentToken(input: {name: "spare"}) { agentToken { id } } }',
    );
    const { createFreeze } = await server.client.ask<{ createFreeze: { freeze: { id: string } } }>(
      `mutation { createFreeze(input: {name: "holidays", applicationIds: ["${applicationId}"], from: "2030-01-01T00:00:00Z", until: "2030-01-02T00:00:00Z", reason: "holidays"}) { freeze { id } } }`,
    );
    // Switched off, because deliveries would make decisions while the tests count those of requests.
    const subscribe = async (name: string) => {
      const { createEventSubscription } = await server.client.ask<{
        createEventSubscription: { eventSubscription: { id: string } };
      }>(
        `mutation { createEventSubscription(input: {name: "${name}", url: "http://127.0.0.1:1/"}) { eventSubscription { id } } }`,
      );
      const { id } = createEventSubscription.eventSubscription;
      await server.client.ask(
        `mutation { disableEventSubscription(input: {subscriptionId: "${id}"}) { clientMutationId } }`,
      );
      return id;
    };
    const hook = (name: string) =>
      `createTrigger(input: {applicationId: "${applicationId}", name: "${name}", action: {entityId: "${entityId}", executionType: PIPELINE}, condition: {conditionType: ON_WEBHOOK, webhookConditionInput: {webhookSourceType: CUSTOM}}}) { trigger { id } }`;
    const triggers = await server.client.ask<{ one: { trigger: { id: string } }; two: { trigger: { id: string } } }>(
      `mutation { one: ${hook('hook')} two: ${hook('spare')} }`,
    );
    const kept = await server.client.ask<{ setSecret: { secret: { id: string } } }>(
      `mutation { setSecret(input: {applicationId: "${applicationId}", name: "KEPT", secretValue: "hunter2!"}) { secret { id } } }`,
    );
    const tags = await server.client.ask<{ one: { tag: { id: string } }; two: { tag: { id: string } } }>(
      'mutation { one: createTag(input: {name: "team"}) { tag { id } } two: createTag(input: {name: "spare"}) { tag { id } } }',
    );
    await server.client.ask(
      `mutation { attachTag(input: {entityId: "${read.services.nodes[0]?.id}", entityType: SERVICE, name: "team", value: "a"}) { clientMutationId } }`,
    );
    await runs.apply(
      '---\nkind: Template\napplication: app\nname: tested\nof: workflow\nbody: { tasks: { test: { run: "true" } } }',
    );
    const { templates } = await server.client.ask<{ templates: { nodes: { id: string }[] } }>(
      '{ templates { nodes { id } } }',
    );
    const inApp = `applications: {appIds: ["${applicationId}"]}`;
    const reading = ['ENV', 'SERVICE', 'WORKFLOW', 'PIPELINE', 'DEPLOYMENT']
      .map((type) => `{permissionType: ${type}, actions: [READ], ${inApp}}`)
      .join(', ');
    const running = `{permissionType: DEPLOYMENT, actions: [READ, EXECUTE_PIPELINE, EXECUTE_WORKFLOW], ${inApp}, deployments: {filterTypes: [NON_PRODUCTION_ENVIRONMENTS]}}`;
    const elsewhere = `{permissionType: ALL, actions: [CREATE, READ, UPDATE, DELETE, EXECUTE], applications: {appIds: ["${read.other.id}"]}}`;
    const spare = await keyOf('spare', '');
    const everybody = await keyOf('everybody', '');
    const values: Readonly<Record<Exclude<Role, 'administrator'>, string>> = {
      reader: (await keyOf('readers', reading)).value,
      developer: (await keyOf('developers', `${reading}, ${running}`)).value,
      stranger: (await keyOf('strangers', elsewhere)).value,
      nobody: (await keyOf('nobodies', '')).value,
    };
    clients.set('administrator', server.client);
    for (const [role, value] of Object.entries(values)) clients.set(role as Role, new TestClient(server.url, value));
    const first = (await runs.read(run)).pipelineStageExecutions?.[0]?.workflowExecutionId ?? '';
    const member = await runs.read(first);
    for (const [name, id] of Object.entries({
      app: applicationId,
      pipeline: entityId,
      workflow: (await runs.ids('workflow', 'build')).entityId,
      staging: read.environments.nodes.find((one) => one.name === 'staging')?.id ?? '',
      prod: read.environments.nodes.find((one) => one.name === 'prod')?.id ?? '',
      service: read.services.nodes[0]?.id ?? '',
      run,
      flow,
      extended,
      operation: addImagesToRun.operation.id,
      job: done[0]?.jobId ?? '',
      artifact: artifact?.id ?? '',
      approval: approval?.approvalId ?? '',
      task: member.tasks?.[0]?.id ?? '',
      element: (await runs.read(run)).pipelineStageExecutions?.at(-1)?.pipelineStageElementId ?? '',
      freeze: createFreeze.freeze.id,
      subscription: await subscribe('hook'),
      spareSubscription: await subscribe('spare hook'),
      trigger: triggers.one.trigger.id,
      spareTrigger: triggers.two.trigger.id,
      template: templates.nodes[0]?.id ?? '',
      secret: kept.setSecret.secret.id,
      tag: tags.one.tag.id,
      spareTag: tags.two.tag.id,
      agent: agent.id,
      agentToken: createAgentToken.agentToken.id,
      user: createUser.user.id,
      group: spare.groupId,
      everybody: everybody.groupId,
      key: spare.id,
    })) {
      ids.set(name, id);
    }
  });
  afterAll(async () => {
    await server.stop();
  });

  const outcomeOf = async (work: Promise<unknown>): Promise<string> => {
    try {
      const answer = JSON.stringify(await work);
      return /"nodes":\[\]/.test(answer) ? 'EMPTY' : 'OK';
    } catch (error) {
      const text = String((error as Error).message);
      return /\b([A-Z][A-Z_]+)\b/.exec(text)?.[1] ?? text;
    }
  };
  const first = async (stream: AsyncGenerator<object>): Promise<unknown> => {
    for await (const item of stream) return item;
    return null;
  };
  const client = (role: Role): TestClient => clients.get(role) as TestClient;
  const expectedOf = ([, ...outcomes]: Row) => Object.fromEntries(roles.map((role, index) => [role, outcomes[index]]));

  it('covers every field', () => {
    const schema = buildGraphqlSchema(resolvers);
    const named = (table: object) => Object.keys(table).sort();
    expect(named(queries)).toEqual(named(schema.getQueryType()?.getFields() ?? {}));
    expect(named(mutations)).toEqual(named(schema.getMutationType()?.getFields() ?? {}));
    expect(named(subscriptions)).toEqual(named(schema.getSubscriptionType()?.getFields() ?? {}));
  });

  /** Fields that any caller with a key may read. */
  const open = new Set(['version', 'validateDefinition']);

  it.each(Object.keys(queries).filter((name) => !open.has(name)))(
    'query %s is not asked without any decision',
    async (name) => {
      const { abilities, knownCallers } = server.app;
      knownCallers.forget();
      const made: Access[] = [];
      const original = abilities.accessOf.bind(abilities);
      // Observes the access of each request and changes nothing.
      abilities.accessOf = async (principal) => {
        const access = await original(principal);
        made.push(access);
        return access;
      };
      try {
        await outcomeOf(client('reader').ask(fill(queries[name]?.[0] ?? '')));
      } finally {
        abilities.accessOf = original;
      }
      // Authentication itself makes one decision: whether the caller is an administrator.
      expect(made.map((access) => access.decisions > 1)).toEqual([true]);
    },
  );

  it.each(Object.entries(queries))('query %s', async (_name, row) => {
    const found: Record<string, string> = {};
    for (const role of roles) found[role] = await outcomeOf(client(role).ask(fill(row[0])));
    expect(found).toEqual(expectedOf(row));
  });

  it.each(Object.entries(subscriptions))('subscription %s', async (_name, row) => {
    const found: Record<string, string> = {};
    for (const role of roles) found[role] = await outcomeOf(first(client(role).watch(fill(row[0]), {})));
    expect(found).toEqual(expectedOf(row));
  });

  it('mutations are refused to all other callers, and change nothing', async () => {
    const before = await fingerprint(server);
    for (const [name, row] of Object.entries(mutations)) {
      const found: Record<string, string> = {};
      for (const role of roles.filter((one) => one !== 'administrator'))
        found[role] = await outcomeOf(client(role).ask(fill(row[0])));
      const { administrator: _, ...expected } = expectedOf(row);
      expect({ name, ...found }).toEqual({ name, ...expected });
    }
    expect(await fingerprint(server)).toEqual(before);
  });

  it.each(Object.entries(mutations))('mutation %s, by the administrator', async (_name, row) => {
    expect(await outcomeOf(client('administrator').ask(fill(row[0])))).toBe(row[1]);
  });
});

/** Contents of the database, except for last-used times. */
async function fingerprint({ app }: TestServer): Promise<unknown> {
  const tables = [
    'application',
    'environment',
    'service',
    'workflow',
    'workflow_revision',
    'pipeline',
    'pipeline_revision',
    'user_account',
  ];
  const more = [
    'user_group',
    'user_group_member',
    'user_group_permission',
    'agent_token',
    'execution',
    'stage_execution',
    'execution_event',
    'approval',
  ];
  const counts = [...tables, ...more].map(
    (table) =>
      `SELECT '${table}' AS name, count(*) AS n, md5(string_agg(t::text, '|' ORDER BY t::text)) AS content FROM ${table} t`,
  );
  return app.database.rows(counts.join(' UNION ALL '));
}
