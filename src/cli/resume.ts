import { exit, Failure, usage } from './failure';
import { followRun, requireSuccess } from './follow';
import type { Run } from './run';
import { applicationOf, type FoundRun, findRun } from './runs';
import type { Session } from './session';
import { serviceImage, variableInput } from './start';
import { refuseUnlessConfirmed, words } from './ui';

/** What all commands that change a run have in common. */
export interface ActOptions {
  readonly yes?: boolean;
  readonly follow: boolean;
  readonly reason?: string;
}

export interface ResumeOptions extends ActOptions {
  readonly stage?: string;
  readonly element?: string;
  readonly parallelMode?: string;
  readonly granularity?: string;
  readonly definition?: string;
  readonly force?: boolean;
  readonly askInputs?: boolean;
  readonly executionMode?: string;
  readonly maxParallel?: number;
  readonly var: readonly string[];
  readonly rerunIgnoredFailures?: boolean;
  readonly reevaluateSkipped?: boolean;
  readonly dryRun?: boolean;
}

const FOR_PIPELINES = ['stage', 'element', 'parallelMode', 'granularity', 'askInputs'] as const;
const FOR_WORKFLOWS = ['var', 'rerunIgnoredFailures', 'reevaluateSkipped'] as const;

interface PreviewedElement {
  readonly stageName: string;
  readonly stepName: string;
  readonly tasksThatRun: readonly string[];
  readonly tasksKept: readonly string[];
}

interface Preview {
  readonly allowed: boolean;
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
  readonly willRun: readonly PreviewedElement[];
  readonly kept: readonly PreviewedElement[];
  readonly tasksThatRun: readonly string[];
  readonly tasksKept: readonly string[];
  readonly askedAgain: readonly string[];
  readonly changes: readonly { readonly message: string; readonly incompatible: boolean }[];
  readonly environments: readonly { readonly name: string; readonly type: string }[];
  readonly planToken: string | null;
}

const ELEMENT = 'stageName stepName status tasksThatRun tasksKept';
const PREVIEW = `allowed refusals { code message } willRun { ${ELEMENT} } kept { ${ELEMENT} } tasksThatRun tasksKept askedAgain
  changes { message incompatible } environments { name type } planToken`;

/** `slipway resume`: shows what would run and what is kept, asks, resumes exactly that, and follows it. */
export async function resumeRun(session: Session, named: string, options: ResumeOptions): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  const isPipeline = run.__typename === 'PipelineExecution';
  refuseForeign(isPipeline, options);
  const { reason, definition, force, maxParallel, executionMode } = options;
  const common = { applicationId: applicationOf(run), reason, definition, force, maxParallel };
  const [field, preview, type] = isPipeline
    ? ['resumeExecution', 'resumePreview', 'ResumeExecutionInput']
    : ['resumeWorkflowExecution', 'resumeWorkflowPreview', 'ResumeWorkflowExecutionInput'];
  const input = isPipeline
    ? {
        ...common,
        pipelineExecutionId: run.id,
        pipelineStageName: options.stage,
        pipelineStageElementId: options.element,
        parallelMode: options.parallelMode,
        granularity: options.granularity,
        askRuntimeInputs: options.askInputs,
        executionMode,
      }
    : {
        ...common,
        workflowExecutionId: run.id,
        variableInputs: options.var.map(variableInput),
        rerunIgnoredFailures: options.rerunIgnoredFailures,
        reevaluateSkipped: options.reevaluateSkipped,
        mode: executionMode,
      };
  const { plan } = await api.ask<{ plan: Preview }>(
    `query ($input: ${type}!) { plan: ${preview}(input: $input) { ${PREVIEW} } }`,
    { input },
  );
  sayPreview(session, run, plan);
  requireAllowed(run, plan);
  if (options.dryRun) return ui.answer(plan);
  const query = mutation(field ?? '', type ?? '');
  await act(session, run, { query, input: { ...input, planToken: plan.planToken }, question: 'Resume?' }, options);
}

/** What only the other kind of run takes would be ignored without a word. */
function refuseForeign(isPipeline: boolean, options: ResumeOptions): void {
  const [foreign, kind] = isPipeline
    ? [FOR_WORKFLOWS, 'workflows, and this is one of a pipeline']
    : [FOR_PIPELINES, 'pipelines, and this is one of a workflow'];
  const given = foreign.filter((name) => options[name] !== undefined && String(options[name]) !== '');
  if (given.length === 0) return;
  const flags = given.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  throw usage(`${flags.join(', ')}: only for runs of ${kind}.`);
}

/** A plan that would be refused is refused already, with every reason. */
export function requireAllowed(run: FoundRun, { allowed, refusals }: Pick<Preview, 'allowed' | 'refusals'>): void {
  const [first, ...others] = refusals;
  if (allowed || first === undefined) return;
  throw new Failure(exit.refused, first.code, first.message, { refusals }, [
    ...others.map(({ code, message }) => `${code}: ${message}`),
    `"slipway run show ${run.id}" says what can be done with it.`,
  ]);
}

interface Mutation {
  readonly query: string;
  readonly input: object;
}

function sayPreview({ ui }: Session, run: FoundRun, plan: Preview): void {
  if (!plan.allowed && plan.changes.length === 0) return;
  const { paint } = ui;
  ui.say(`Resume of ${run.id}, which is ${run.status}:`);
  if (plan.tasksKept.length > 0) ui.say(`  ${paint.green('kept')}  ${names(plan.tasksKept)}`);
  if (plan.tasksThatRun.length > 0) ui.say(`  ${paint.cyan('runs')}  ${names(plan.tasksThatRun)}`);
  for (const element of plan.kept) ui.say(`  ${paint.green('kept')}  ${placeOf(element)}`);
  for (const element of plan.willRun) {
    const tasks = element.tasksThatRun.length === 0 ? '' : paint.dim(names(element.tasksThatRun));
    ui.say(words(`  ${paint.cyan('runs')}  ${placeOf(element)}`, tasks));
    if (element.tasksKept.length > 0) ui.say(`        ${paint.dim(`keeps ${names(element.tasksKept)}`)}`);
  }
  if (plan.askedAgain.length > 0) ui.say(`  ${paint.yellow('asks')}  ${names(plan.askedAgain)}`);
  for (const { message, incompatible } of plan.changes)
    ui.say(`  ${incompatible ? paint.red('clash') : paint.yellow('since')} ${message}`);
  const touched = plan.environments.map(({ name, type }) => `${name} (${type})`).join(', ');
  if (touched !== '') ui.say(`  touches the environment${plan.environments.length > 1 ? 's' : ''} ${touched}`);
}

const placeOf = ({ stageName, stepName }: PreviewedElement): string => `${stageName} › ${stepName}`;

const SHOWN_NAMES = 12;
const names = (all: readonly string[]): string =>
  all.length <= SHOWN_NAMES
    ? all.join(', ')
    : `${all.slice(0, SHOWN_NAMES).join(', ')} and ${all.length - SHOWN_NAMES} more`;

/** `slipway rerun`: everything again, with the same inputs. */
export async function rerunRun(session: Session, named: string, options: ActOptions): Promise<void> {
  const run = await findRun(session, named);
  session.ui.say(
    `Rerun of ${run.id}, which is ${run.status}: all of it again, from its first stage, with the same inputs.`,
  );
  const input = { applicationId: applicationOf(run), executionId: run.id, reason: options.reason };
  const query = mutation('rerunExecution', 'RerunExecutionInput');
  await act(session, run, { query, input, question: 'Run all of it again?' }, options);
}

/** `slipway abort`: final within the grace of what runs. */
export async function abortRun(session: Session, named: string, options: ActOptions): Promise<void> {
  const run = await findRun(session, named);
  session.ui.say(`Abort of ${run.id}, which is ${run.status}: what runs is ended, and nothing is rolled back.`);
  const input = { applicationId: applicationOf(run), executionId: run.id, reason: options.reason };
  const query = mutation('abortExecution', 'AbortExecutionInput');
  await act(session, run, { query, input, question: 'End it?', wanted: 'ABORTED' }, options);
}

export interface ExtendOptions extends ActOptions {
  readonly var: readonly string[];
  readonly image: readonly string[];
}

/** `slipway extend`: more images or other inputs for a run that succeeded; what does not see them is kept. */
export async function extendRun(session: Session, named: string, options: ExtendOptions): Promise<void> {
  const images = options.image.map(serviceImage).map(({ name, image }) => ({ service: name, image }));
  const variableInputs = options.var.map(variableInput);
  if (images.length + variableInputs.length === 0) throw usage('Nothing is added: give --image or --var.');
  const run = await findRun(session, named);
  session.ui.say(`Extension of ${run.id}, which is ${run.status}: ${[...options.image, ...options.var].join(', ')}.`);
  session.ui.say('  What does not see the change is kept; "slipway restore" brings back what the run is now.');
  const query = `mutation ($input: AddImagesToRunInput!) { done: addImagesToRun(input: $input) { execution: run { id status attempt } } }`;
  const input = { runId: run.id, images, variableInputs, reason: options.reason };
  await act(session, run, { query, input, question: 'Extend it?' }, options);
}

/** Asks, sends, and follows what comes of it; ends well when the run ends as it was wanted to. */
async function act(
  session: Session,
  run: FoundRun,
  { query, input, question, wanted = 'SUCCESS' }: Mutation & { readonly question: string; readonly wanted?: string },
  options: ActOptions,
): Promise<void> {
  const { api, ui } = session;
  if (!options.yes) await refuseUnlessConfirmed(ui, question);
  const { done } = await api.ask<{ done: { execution: { id: string; status: string; attempt: number } } }>(query, {
    input,
  });
  if (!options.follow) {
    ui.say(`${ui.status(done.execution.status).trimEnd()} ${run.id}`);
    return ui.answer({ execution: done.execution });
  }
  const final: Run = await followRun(session, run.id, { after: run.lastSequence });
  ui.answer({ execution: final });
  if (final.status !== wanted) requireSuccess(final);
}

const mutation = (field: string, input: string): string =>
  `mutation ($input: ${input}!) { done: ${field}(input: $input) { execution { id status attempt } } }`;
