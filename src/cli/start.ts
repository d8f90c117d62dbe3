import {
  ApplicationIdDocument,
  PipelineIdDocument,
  StartExecutionDocument,
  type StartExecutionInput,
  StartPreviewDocument,
  type StartPreviewQuery,
  type VariableInput,
  WorkflowIdDocument,
  type WorkflowMode,
} from '../client/generated';
import type { Given } from '../client/requests';
import { type WaitOptions, waitForRun } from './ci';
import { exit, Failure, nextSteps } from './failure';
import { overrideOf, type UnfreezingOptions } from './freezes';
import { followRun, requireSuccess } from './follow';
import { split } from './pairs';
import type { Session } from './session';
import { names, type Ui, words } from './ui';

export interface StartOptions extends UnfreezingOptions, WaitOptions {
  readonly workflow?: boolean;
  readonly executionMode?: WorkflowMode;
  readonly maxParallel?: number;
  readonly var?: readonly string[];
  readonly image?: readonly string[];
  readonly notes?: string;
  readonly idempotencyKey?: string;
  readonly follow: boolean;
  readonly dryRun?: boolean;
}

/** `slipway start`: starts a pipeline, or with `--workflow` a standalone workflow. */
export async function startRun(
  session: Session,
  application: string,
  name: string,
  {
    workflow = false,
    notes,
    idempotencyKey,
    executionMode: mode,
    maxParallel,
    follow,
    dryRun = false,
    wait = false,
    ...inputs
  }: StartOptions,
): Promise<void> {
  const { api, ui } = session;
  const variableInputs = inputs.var?.map(variableInput);
  const serviceInputs = inputs.image?.map(serviceImage);
  const applicationId = (await api.ask(ApplicationIdDocument, { name: application })).applicationByName.id;
  const { id: entityId } = workflow
    ? (await api.ask(WorkflowIdDocument, { applicationId, name })).workflowByName
    : (await api.ask(PipelineIdDocument, { applicationId, name })).pipelineByName;
  const executionType = workflow ? 'WORKFLOW' : 'PIPELINE';
  const input = {
    applicationId,
    entityId,
    executionType,
    notes,
    idempotencyKey,
    mode,
    maxParallel,
    variableInputs,
    serviceInputs,
    overrideFreeze: overrideOf(inputs),
  } as const;
  if (dryRun) return previewStart(session, `${application}/${name}`, input);
  const { execution, warningMessage } = (await api.change(StartExecutionDocument, { input })).startExecution;
  if (warningMessage !== null) ui.say(ui.paint.yellow(warningMessage));
  ui.say(`${application}/${name} ${ui.paint.dim(execution.id)}`);
  if (!follow) return ui.answer({ execution });
  if (wait) return waitForRun(session, execution.id, 0, inputs);
  const final = await followRun(session, execution.id, { after: 0 });
  ui.answer({ execution: final });
  requireSuccess(final);
}

type Plan = Given<StartPreviewQuery>['executionPlan'];

/** Shows what would run, and every problem. Fails with the first error of the start. */
async function previewStart({ api, ui }: Session, name: string, input: StartExecutionInput): Promise<void> {
  const { executionPlan: plan } = await api.ask(StartPreviewDocument, { input });
  ui.say(`Start of ${name}:`);
  for (const step of plan.steps) sayStep(ui, step);
  const refused = plan.problems.filter(({ refuses }) => refuses);
  for (const { code, message } of plan.problems.filter(({ refuses }) => !refuses))
    ui.say(`  ${ui.paint.yellow(code)}: ${message}`);
  const [first, ...others] = refused;
  if (first === undefined) return ui.answer(plan);
  throw new Failure(exit.refused, first.code, first.message, { problems: plan.problems }, [
    ...others.map(({ code, message }) => `${code}: ${message}`),
    ...nextSteps(first.code),
  ]);
}

function sayStep(ui: Ui, step: Plan['steps'][number]): void {
  const { paint } = ui;
  const { stageName, stepName, skipCondition: condition, asks, fills } = step;
  const place = [stageName, stepName].filter(Boolean).join(' › ') || (step.workflowName ?? '');
  const outcome = condition === null || condition.outcome === 'RUNS' ? '' : condition.outcome.toLowerCase();
  ui.say(words(`  ${paint.bold(place)}`, paint.yellow(outcome), paint.dim(condition?.reason ?? '')));
  const tasks = (are: (task: Plan['steps'][number]['tasks'][number]) => boolean) =>
    step.tasks.filter(are).map(({ name }) => name);
  const facts: [string, readonly string[]][] = [
    ['runs', tasks(({ runs }) => runs > 0)],
    ['skips', tasks(({ runs, undecided }) => runs + undecided === 0)],
    ['decided later', tasks(({ runs, undecided }) => runs === 0 && undecided > 0)],
    [
      'approvals',
      step.tasks
        .filter(({ approvers, runs, undecided }) => approvers.length > 0 && runs + undecided > 0)
        .map(({ name, approvers }) => `${name} by ${approvers.join(' or ')}`),
    ],
    ['asks for', asks],
    ['filled by outputs of earlier stages', fills],
  ];
  for (const [name, list] of facts) if (list.length > 0) ui.say(`    ${paint.dim(name)}  ${names(list)}`);
}

/** The value of `--var NAME=VALUE`. */
export function variableInput(pair: string): VariableInput {
  const [name, value] = split(pair, '--var', 'NAME=VALUE');
  return { name, variableValue: { type: 'NAME', value } };
}

/** The value of `--image SERVICE=IMAGE`. */
export function serviceImage(pair: string): { readonly name: string; readonly image: string } {
  const [name, image] = split(pair, '--image', 'SERVICE=IMAGE');
  return { name, image };
}
