import {
  AbortExecutionDocument,
  AddImagesToRunDocument,
  type ChangedFragment,
  type ParallelMode,
  RerunExecutionDocument,
  type ResumeDefinition,
  ResumeExecutionDocument,
  type ResumeGranularity,
  type ResumePlanElementFragment,
  type ResumePlanFragment,
  ResumePreviewDocument,
  ResumeWorkflowExecutionDocument,
  ResumeWorkflowPreviewDocument,
  type WorkflowMode,
} from '../client/generated';
import { exit, Failure, nextSteps, usage } from './failure';
import { overrideOf, type UnfreezingOptions } from './freezes';
import { followRun, requireSuccess } from './follow';
import { sayReplaced } from './replaced';
import { applicationOf, type FoundRun, findRun, type SeenOptions, seenVersion } from './runs';
import type { Session } from './session';
import { serviceImage, variableInput } from './start';
import { names, refuseUnlessConfirmed, words } from './ui';

/** Options of all commands that change a run. */
export interface ActOptions extends SeenOptions, UnfreezingOptions {
  readonly yes?: boolean;
  readonly follow: boolean;
  readonly reason?: string;
  readonly overrule?: boolean;
}

export interface ResumeOptions extends ActOptions {
  readonly stage?: string;
  readonly element?: string;
  readonly parallelMode?: ParallelMode;
  readonly granularity?: ResumeGranularity;
  readonly definition?: ResumeDefinition;
  readonly force?: boolean;
  readonly askInputs?: boolean;
  readonly executionMode?: WorkflowMode;
  readonly maxParallel?: number;
  readonly var?: readonly string[];
  readonly rerunIgnoredFailures?: boolean;
  readonly reevaluateSkipped?: boolean;
  readonly dryRun?: boolean;
}

const FOR_PIPELINES = ['stage', 'element', 'parallelMode', 'granularity', 'askInputs'] as const;
const FOR_WORKFLOWS = ['var', 'rerunIgnoredFailures', 'reevaluateSkipped'] as const;

/** `slipway resume`: shows what would run and what is kept, asks, resumes exactly that, and follows it. */
export async function resumeRun(session: Session, named: string, options: ResumeOptions): Promise<void> {
  const run = await findRun(session, named);
  const isPipeline = run.__typename === 'PipelineExecution';
  refuseForeign(isPipeline, options);
  const { plan, resume } = await (isPipeline ? pipelineResume : workflowResume)(session, run, options);
  sayPlan(session, run, plan);
  requireAllowed(run, plan);
  if (options.dryRun) return session.ui.answer(plan);
  await act(session, run, { send: resume, question: 'Resume?' }, options);
}

interface Prepared {
  readonly plan: ResumePlanFragment;
  /** Resumes exactly as planned, or fails with PLAN_STALE. */
  resume(): Promise<ChangedFragment>;
}

async function pipelineResume({ api }: Session, run: FoundRun, options: ResumeOptions): Promise<Prepared> {
  const input = {
    ...commonInput(run, options),
    pipelineExecutionId: run.id,
    pipelineStageName: options.stage,
    pipelineStageElementId: options.element,
    parallelMode: options.parallelMode,
    granularity: options.granularity,
    askRuntimeInputs: options.askInputs,
    executionMode: options.executionMode,
  };
  const { resumePreview: plan } = await api.ask(ResumePreviewDocument, { input });
  const confirmed = { input: { ...input, planToken: plan.planToken, expectedVersion: seenVersion(run, options) } };
  return { plan, resume: async () => (await api.change(ResumeExecutionDocument, confirmed)).resumeExecution.execution };
}

async function workflowResume({ api }: Session, run: FoundRun, options: ResumeOptions): Promise<Prepared> {
  const input = {
    ...commonInput(run, options),
    workflowExecutionId: run.id,
    variableInputs: options.var?.map(variableInput),
    rerunIgnoredFailures: options.rerunIgnoredFailures,
    reevaluateSkipped: options.reevaluateSkipped,
    mode: options.executionMode,
  };
  const { resumeWorkflowPreview: plan } = await api.ask(ResumeWorkflowPreviewDocument, { input });
  const confirmed = { input: { ...input, planToken: plan.planToken, expectedVersion: seenVersion(run, options) } };
  const resume = async () =>
    (await api.change(ResumeWorkflowExecutionDocument, confirmed)).resumeWorkflowExecution.execution;
  return { plan, resume };
}

const commonInput = (run: FoundRun, options: ResumeOptions) => {
  const { reason, definition, force, maxParallel, overrule } = options;
  const overrideFreeze = overrideOf(options);
  return { applicationId: applicationOf(run), reason, definition, force, maxParallel, overrule, overrideFreeze };
};

/** Options of the other kind of run would be silently ignored. */
function refuseForeign(isPipeline: boolean, options: ResumeOptions): void {
  const [foreign, kind] = isPipeline
    ? [FOR_WORKFLOWS, 'workflows, and this is a run of a pipeline']
    : [FOR_PIPELINES, 'pipelines, and this is a run of a workflow'];
  const given = foreign.filter((name) => options[name] !== undefined && String(options[name]) !== '');
  if (given.length === 0) return;
  const flags = given.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  throw usage(`${flags.join(', ')}: only for runs of ${kind}.`);
}

interface Refusable {
  readonly allowed: boolean;
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
}

/** Fails with all reasons of the plan, before the command would fail with the first. */
export function requireAllowed(run: FoundRun, { allowed, refusals }: Refusable): void {
  const [first, ...others] = refusals;
  if (allowed || first === undefined) return;
  throw new Failure(exit.refused, first.code, first.message, { refusals }, [
    ...others.map(({ code, message }) => `${code}: ${message}`),
    ...nextSteps(first.code),
    `"slipway run show ${run.id}" lists the possible actions.`,
  ]);
}

function sayPlan({ ui }: Session, run: FoundRun, plan: ResumePlanFragment): void {
  if (!plan.allowed && plan.changes.length === 0 && plan.replaced.length === 0) return;
  const { paint } = ui;
  ui.say(`Resume of ${run.id}, which is ${run.status}:`);
  sayReplaced({ ui }, plan.replaced);
  if (plan.tasksKept.length > 0) ui.say(`  ${paint.green('kept')}  ${names(plan.tasksKept)}`);
  if (plan.tasksThatRun.length > 0) ui.say(`  ${paint.cyan('runs')}  ${names(plan.tasksThatRun)}`);
  if (plan.finallyTasks.length > 0) ui.say(`  ${paint.cyan('then')}  ${names(plan.finallyTasks)}`);
  for (const element of plan.kept) ui.say(`  ${paint.green('kept')}  ${placeOf(element)}`);
  for (const element of plan.willRun) {
    const tasks = element.tasksThatRun.length === 0 ? '' : paint.dim(names(element.tasksThatRun));
    ui.say(words(`  ${paint.cyan('runs')}  ${placeOf(element)}`, tasks));
    if (element.tasksKept.length > 0) ui.say(`        ${paint.dim(`keeps ${names(element.tasksKept)}`)}`);
    if (element.finallyTasks.length > 0) ui.say(`        ${paint.dim(`then ${names(element.finallyTasks)}`)}`);
  }
  if (plan.askedAgain.length > 0) ui.say(`  ${paint.yellow('asks')}  ${names(plan.askedAgain)}`);
  for (const { message, incompatible } of plan.changes)
    ui.say(`  ${incompatible ? paint.red('clash') : paint.yellow('since')} ${message}`);
  const touched = plan.environments.map(({ name, type }) => `${name} (${type})`).join(', ');
  if (touched !== '') ui.say(`  touches the environment${plan.environments.length > 1 ? 's' : ''} ${touched}`);
}

const placeOf = ({ stageName, stepName }: ResumePlanElementFragment): string => `${stageName} › ${stepName}`;

const runInput = (run: FoundRun, options: ActOptions) => ({
  applicationId: applicationOf(run),
  executionId: run.id,
  reason: options.reason,
  expectedVersion: seenVersion(run, options),
});

/** `slipway rerun`: runs everything again with the same inputs. */
export async function rerunRun(session: Session, named: string, options: ActOptions): Promise<void> {
  const run = await findRun(session, named);
  session.ui.say(`Rerun of ${run.id}, which is ${run.status}: everything runs again, with the same inputs.`);
  const input = { ...runInput(run, options), overrule: options.overrule, overrideFreeze: overrideOf(options) };
  const send = async () => (await session.api.change(RerunExecutionDocument, { input })).rerunExecution.execution;
  await act(session, run, { send, question: 'Run everything again?' }, options);
}

/** `slipway abort`: ends a run within the grace periods of its commands. */
export async function abortRun(session: Session, named: string, options: ActOptions): Promise<void> {
  const run = await findRun(session, named);
  session.ui.say(`Abort of ${run.id}, which is ${run.status}: running tasks are ended, and nothing is rolled back.`);
  const input = runInput(run, options);
  const send = async () => (await session.api.change(AbortExecutionDocument, { input })).abortExecution.execution;
  await act(session, run, { send, question: 'Abort it?', wanted: 'ABORTED' }, options);
}

export interface ExtendOptions extends ActOptions {
  readonly var?: readonly string[];
  readonly image?: readonly string[];
}

/**
 * `slipway extend`: adds images or other inputs to a run that succeeded, and keeps everything that they do not affect.
 */
export async function extendRun(session: Session, named: string, options: ExtendOptions): Promise<void> {
  const { image: imagePairs = [], var: variablePairs = [] } = options;
  const images = imagePairs.map(serviceImage).map(({ name, image }) => ({ service: name, image }));
  const variableInputs = variablePairs.map(variableInput);
  if (images.length + variableInputs.length === 0) throw usage('Nothing to add: pass --image or --var.');
  const run = await findRun(session, named);
  session.ui.say(`Extension of ${run.id}, which is ${run.status}: ${[...imagePairs, ...variablePairs].join(', ')}.`);
  session.ui.say('  Everything that does not see the change is kept; "slipway restore" reverts the extension.');
  const expectedVersion = seenVersion(run, options);
  const { reason, overrule } = options;
  const overrideFreeze = overrideOf(options);
  const input = { runId: run.id, images, variableInputs, reason, overrule, overrideFreeze, expectedVersion };
  const send = async () => (await session.api.change(AddImagesToRunDocument, { input })).addImagesToRun.execution;
  await act(session, run, { send, question: 'Extend it?' }, options);
}

interface Action {
  send(): Promise<ChangedFragment>;
  readonly question: string;
  /** Expected final status of the run. */
  readonly wanted?: string;
}

/** Asks, sends the mutation, and follows the run to its end. */
async function act(
  session: Session,
  run: FoundRun,
  { send, question, wanted = 'SUCCESS' }: Action,
  options: ActOptions,
): Promise<void> {
  const { ui } = session;
  if (!options.yes) await refuseUnlessConfirmed(ui, question, wanted === 'SUCCESS');
  const execution = await send();
  if (!options.follow) {
    ui.say(`${ui.status(execution.status).trimEnd()} ${run.id}`);
    return ui.answer({ execution });
  }
  const final = await followRun(session, run.id, { after: run.lastSequence });
  ui.answer({ execution: final });
  if (final.status !== wanted) requireSuccess(final);
}
