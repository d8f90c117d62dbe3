import { groupsOf } from '../../catalog/language/approvalPolicy';
import type { Decision } from '../../access/access';
import type { Actor } from '../../access/actor';
import type { Target } from '../../access/subjects';
import { findEnvironmentTargets } from '../../access/targets.store';
import { requireReadable, subjectFor } from '../../access/visible';
import { type Agent, isPaused, OFFLINE_AFTER_MS } from '../../contract/labels';
import { boundLabels } from '../queue/boundJobs';
import { findOnlineAgents } from '../agents/agents.store';
import type { App } from '../app';
import { readApplication } from '../../catalog/applications/applications.queries';
import { environments } from '../../catalog/environments/environments';
import type { DeploymentPlace } from '../../engine/deployment';
import { byPlace } from '../deployments/places';
import { missingApprovers } from '../approvals/approverWarning';
import type { ConditionFacts } from '../../engine/conditionScope';
import { deployingOf, findFrozen, refuseFrozen } from '../freezes/frozen';
import { missingSecrets } from '../../engine/missingSecrets';
import { planPipelineStart, planWorkflowStart, startErrors } from '../execution/planStart';
import type { StartExecution } from '../execution/planStart';
import { elementKey, type WorkflowPlan } from '../../engine/startPlan';
import { findCatalog, findStartable } from '../execution/startTargets.store';
import { isId } from '../../kernel/ids';
import type { ApprovalElement } from '../../catalog/language/pipeline';
import { type InputError, notFound } from '../../kernel/errors';
import { secretsAt } from '../../catalog/secrets/secrets';
import { findSecretsFor } from '../../catalog/secrets/secrets.store';
import { nodeCount } from '../../catalog/language/matrix';
import { levelsWithInner } from '../../catalog/language/taskGraph';
import {
  labelsOf,
  secretsNeeded,
  type TaskDefinition,
  type WorkflowDefinition,
  type WorkflowMode,
} from '../../catalog/language/workflow';
import { laterVariables } from '../../engine/workflowOutputs';
import { type PlannedCondition, planSkip, planTaskCondition } from './planConditions';
import { matches, selectorList } from '../../catalog/language/labelSelectors';

/** Everything that a start would do, and everything that prevents it. Writes nothing. */
export interface ExecutionPlan {
  readonly startable: boolean;
  readonly problems: readonly PlanProblem[];
  readonly environmentAccess: readonly {
    readonly environmentId: string;
    readonly allowed: boolean;
    readonly message: string | null;
  }[];
  readonly steps: readonly PlannedStep[];
  /** In the order of the steps. */
  readonly deployments: readonly PlannedDeployment[];
}

/** An image that a start would bring to an environment. */
export interface PlannedDeployment extends DeploymentPlace {
  readonly image: string;
}

export interface PlanProblem {
  readonly code: string;
  /** True if a start would be refused; otherwise it would be accepted, and fail or wait at this point. */
  readonly refuses: boolean;
  readonly field: string | null;
  readonly message: string;
}

/** An element of a pipeline, or the whole workflow if it is started standalone. */
export interface PlannedStep {
  readonly stageName: string | null;
  readonly stepName: string | null;
  readonly kind: 'APPROVAL' | 'WORKFLOW';
  readonly workflowName: string | null;
  readonly skipCondition: PlannedCondition | null;
  /** Variables that it asks for when it is reached. */
  readonly asks: readonly string[];
  /** Variables that outputs of earlier stages fill when it is reached. */
  readonly fills: readonly string[];
  readonly mode: WorkflowMode | null;
  readonly maxParallel: number | null;
  readonly taskCount: number;
  readonly levelCount: number;
  readonly tasks: readonly PlannedTask[];
}

export interface PlannedTask {
  readonly name: string;
  readonly level: number;
  readonly combinations: number;
  readonly condition: string | null;
  /** User groups that it asks, if it is an approval. */
  readonly approvers: readonly string[];
  readonly runs: number;
  readonly skipped: number;
  readonly fails: number;
  readonly undecided: number;
  readonly reason: string | null;
  /** Its own, and those to which its environment and its secrets are bound. */
  readonly labels: readonly string[];
  readonly agents: readonly string[];
  readonly agentCount: number;
  readonly slots: number;
}

const SHOWN_AGENTS = 20;

/** A step that runs a workflow, with its inputs at the start. */
interface Running {
  readonly step: Pick<
    PlannedStep,
    'stageName' | 'stepName' | 'skipCondition' | 'asks' | 'fills' | 'mode' | 'maxParallel'
  >;
  readonly workflowName: string;
  readonly definition: WorkflowDefinition;
  readonly plan: WorkflowPlan;
}

export async function planExecution(app: App, actor: Actor, input: StartExecution): Promise<ExecutionPlan> {
  const db = app.database;
  const { applicationId, entityId, executionType } = input;
  const target = isId(applicationId) && isId(entityId) ? await findStartable(db, input) : undefined;
  if (target === undefined) {
    await readApplication(app, actor, applicationId);
    throw notFound(executionType.toLowerCase(), entityId);
  }
  const part = { id: target.id, applicationId };
  const catalog = await findCatalog(db, applicationId);
  const steps: (PlannedStep | Running)[] = [];
  const errors: InputError[] = [...startErrors(input)];
  const approvals: ApprovalElement[] = [];
  let onFreeze: 'WAIT' | 'REFUSE';
  let explain: (targets: readonly Target[]) => Decision;
  if (executionType === 'PIPELINE') {
    await requireReadable(app, actor.access, 'Pipeline', part);
    const subject = await subjectFor(app, 'Pipeline', part);
    explain = (targets) => actor.access.explain('EXECUTE_PIPELINE', 'Pipeline', subject, targets);
    const { definition } = await app.pipelineRevisions.get(db, target.currentRevisionId);
    onFreeze = definition.onFreeze;
    const planned = await planPipelineStart(app, definition, catalog, input);
    errors.push(...planned.errors);
    for (const [stageIndex, stage] of definition.stages.entries()) {
      for (const [elementIndex, element] of stage.elements.entries()) {
        const { skipCondition: text, name: stepName } = element;
        const skipCondition = text === null ? null : planSkip(text, planned.plan.variables, definition.variables);
        if (element.type === 'APPROVAL' && skipCondition?.outcome !== 'SKIPPED') approvals.push(element);
        const asks = element.type === 'WORKFLOW' ? (element.runtimeInputs?.variables ?? []) : [];
        const fills = element.type === 'WORKFLOW' ? laterVariables(element) : [];
        const step = { stageName: stage.name, stepName, skipCondition, asks, fills, mode: null, maxParallel: null };
        const plan = planned.plan.elements.get(elementKey(stageIndex, elementIndex));
        const own = plan && planned.definitions.get(plan.workflowRevisionId);
        if (element.type === 'APPROVAL' || plan === undefined || own === undefined) {
          const workflowName = element.type === 'APPROVAL' ? null : element.workflow;
          steps.push({ ...step, kind: element.type, workflowName, taskCount: 0, levelCount: 0, tasks: [] });
        } else steps.push({ step, workflowName: element.workflow, definition: own, plan });
      }
    }
  } else {
    await requireReadable(app, actor.access, 'Workflow', part);
    const subject = await subjectFor(app, 'Workflow', part);
    explain = (targets) => actor.access.explain('EXECUTE_WORKFLOW', 'Workflow', subject, targets);
    const { definition } = await app.workflowRevisions.get(db, target.currentRevisionId);
    onFreeze = definition.onFreeze;
    const planned = planWorkflowStart(definition, catalog, input);
    errors.push(...planned.errors);
    const { mode = null, maxParallel = null } = input;
    const step = { stageName: null, stepName: null, skipCondition: null, asks: [], fills: [], mode, maxParallel };
    steps.push({ step, workflowName: target.name, definition, plan: planned.plan });
  }
  const running = steps.filter((step) => 'plan' in step);
  const targets = await findEnvironmentTargets(
    db,
    running.flatMap(({ plan }) => plan.environmentId ?? []),
  );
  const nobody = await missingApprovers(app, approvals);
  const details = await describeAll(app, applicationId, running);
  const held =
    input.overrideFreeze != null
      ? []
      : await findFrozen(
          db,
          actor,
          running.map(({ plan }) => deployingOf(plan)),
          app.clock.now(),
        );
  const problems = [
    ...held.map(
      (one): PlanProblem => ({
        ...{ code: 'ENVIRONMENT_FROZEN', refuses: onFreeze === 'REFUSE', field: null },
        message: refuseFrozen([one])?.message ?? '',
      }),
    ),
    ...errors.map(({ rule, field, message }): PlanProblem => ({ code: rule, refuses: true, field, message })),
    ...denied(explain(targets)),
    ...(nobody === null ? [] : [{ code: 'NO_APPROVER', refuses: false, field: null, message: nobody }]),
    ...steps.flatMap((step) => ('plan' in step ? [] : conditionProblem(step))),
    ...running.flatMap((one) => details.get(one)?.problems ?? []),
  ];
  return {
    startable: !problems.some(({ refuses }) => refuses),
    problems,
    environmentAccess: targets.map((one) => {
      const { allowed, message } = explain([one]);
      return { environmentId: one.id, allowed, message };
    }),
    steps: steps.flatMap((step) => ('plan' in step ? (details.get(step)?.step ?? []) : step)),
    deployments: [...byPlace(running.flatMap(({ plan }) => deploymentsOf(plan))).values()],
  };
}

const deploymentsOf = ({ environmentId, images }: WorkflowPlan): PlannedDeployment[] =>
  environmentId === null
    ? []
    : Object.entries(images).map(([serviceId, image]) => ({ environmentId, serviceId, image }));

const denied = (decision: Decision): PlanProblem[] =>
  decision.allowed ? [] : [{ code: decision.code, refuses: true, field: null, message: decision.message }];

function conditionProblem({ stepName, skipCondition }: Pick<PlannedStep, 'stepName' | 'skipCondition'>): PlanProblem[] {
  if (skipCondition?.outcome !== 'FAILS') return [];
  const message = `Step "${stepName}": ${skipCondition.reason}.`;
  return [{ code: 'CONDITION_ERROR', refuses: false, field: null, message }];
}

interface Detail {
  readonly step: PlannedStep;
  readonly problems: readonly PlanProblem[];
}

/** Describes the effect of each workflow; three statements for all of them. */
async function describeAll(
  app: App,
  applicationId: string,
  running: readonly Running[],
): Promise<ReadonlyMap<Running, Detail>> {
  const db = app.database;
  const now = app.clock.now();
  const online = await findOnlineAgents(db, new Date(now.getTime() - OFFLINE_AFTER_MS));
  const ids = [...new Set(running.flatMap(({ plan }) => plan.environmentId ?? []))];
  const rows = new Map((await environments.findWithDeleted(db, ids)).map((row) => [row.id, row]));
  const secretNames = running.flatMap(({ definition }) => allSecrets(definition));
  const places = running.map(({ plan }) => ({ applicationId, environmentId: plan.environmentId }));
  const secrets = secretNames.length === 0 ? [] : await findSecretsFor(db, places, secretNames);
  const able = agentsByLabels(
    online.filter(
      (agent) =>
        agent.drainingAt === null && !isPaused(agent, now) && (agent.applicationIds?.includes(applicationId) ?? true),
    ),
  );
  return new Map(
    running.map((one) => {
      const { plan, definition } = one;
      const environment = rows.get(plan.environmentId ?? '') ?? null;
      const facts = { variables: plan.variables, set: null, environment };
      const known = secretsAt(secrets, { applicationId, environmentId: plan.environmentId });
      const missing = allSecrets(definition).filter((name) => !known.has(name));
      const labelsFor = (task: TaskDefinition) =>
        boundLabels(
          selectorList(labelsOf(definition, task)),
          environment?.agents ?? [],
          secretsNeeded(definition, task),
          known,
        );
      return [one, describe(one, facts, able, labelsFor, missing)];
    }),
  );
}

const allSecrets = (definition: WorkflowDefinition): string[] => [
  ...new Set(Object.values(definition.tasks).flatMap((task) => secretsNeeded(definition, task))),
];

type Able = (labels: readonly string[]) => readonly Agent[];

/** Those of these agents that have all of the labels, cached because many tasks require the same labels. */
function agentsByLabels(agents: readonly Agent[]): Able {
  const known = new Map<string, readonly Agent[]>();
  return (labels) => {
    const key = JSON.stringify(labels);
    const found = known.get(key) ?? agents.filter((agent) => matches(labels, agent.labels));
    known.set(key, found);
    return found;
  };
}

function describe(
  { step, workflowName, definition }: Running,
  facts: Omit<ConditionFacts, 'executionId'>,
  able: Able,
  labelsFor: (task: TaskDefinition) => readonly string[],
  missing: readonly string[],
): Detail {
  const where = step.stepName === null ? `Workflow "${workflowName}"` : `Step "${step.stepName}"`;
  const problems = [...conditionProblem(step)];
  const problem = (code: string, message: string) =>
    problems.push({ code, refuses: false, field: null, message: `${where}: ${message}.` });
  const levels = levelsWithInner(definition.tasks);
  const without = new Map<string, string[]>();
  const tasks = levels.flatMap((names, level) =>
    names.flatMap((name): PlannedTask[] => {
      const task = definition.tasks[name];
      if (task?.type !== 'normal' && task?.type !== 'finally') return [];
      // An approval needs people, and a task that runs a workflow needs what its tasks need.
      const needsAgent = task.approval === null && task.workflow === null;
      const labels = needsAgent ? labelsFor(task) : [];
      const agents = needsAgent ? able(labels) : [];
      const noteAgents = () => {
        const key = labels.join(', ');
        if (agents.length === 0 && needsAgent) without.set(key, [...(without.get(key) ?? []), name]);
      };
      if (task.type === 'finally') {
        noteAgents();
        return [];
      }
      const { counts, reason } = planTaskCondition(name, definition, facts, [...step.asks, ...step.fills]);
      if (counts.FAILS > 0) problem('CONDITION_ERROR', `task "${name}": ${reason}`);
      if (counts.RUNS + counts.LATER > 0) noteAgents();
      return [
        {
          name,
          level,
          combinations: nodeCount(task),
          condition: task.condition,
          approvers: task.approval === null ? [] : groupsOf(task.approval),
          runs: counts.RUNS,
          skipped: counts.SKIPPED,
          fails: counts.FAILS,
          undecided: counts.LATER,
          reason,
          labels,
          agents: agents.slice(0, SHOWN_AGENTS).map((agent) => agent.name),
          agentCount: agents.length,
          slots: agents.reduce((sum, agent) => sum + agent.slots, 0),
        },
      ];
    }),
  );
  for (const [labels, names] of without) {
    const some = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
    problem('NO_AGENT', `no agent is online ${labels === '' ? '' : `with ${labels} `}for ${some}`);
  }
  if (missing.length > 0) problem('SECRET_MISSING', missingSecrets(missing));
  return {
    problems,
    step: {
      ...step,
      kind: 'WORKFLOW',
      workflowName,
      mode: step.mode ?? definition.mode,
      maxParallel: step.maxParallel ?? definition.maxParallel,
      taskCount: tasks.reduce((sum, task) => sum + task.combinations, 0),
      levelCount: tasks.length === 0 ? 0 : Math.max(...tasks.map((task) => task.level)) + 1,
      tasks,
    },
  };
}
