import { exit, Failure } from './failure';
import { followRun, requireSuccess } from './follow';
import type { Run, Task } from './run';
import { applicationOf, type FoundRun, findRun } from './runs';
import type { Session } from './session';
import { refuseUnlessConfirmed } from './ui';

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
}

interface PreviewedElement {
  readonly stageName: string;
  readonly stepName: string;
  readonly status: string;
  readonly tasksThatRun: readonly string[];
  readonly tasksKept: readonly string[];
}

interface Preview {
  readonly allowed: boolean;
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
  readonly willRun: readonly PreviewedElement[];
  readonly kept: readonly PreviewedElement[];
  readonly askedAgain: readonly string[];
  readonly environments: readonly { readonly name: string; readonly type: string }[];
  readonly planToken: string | null;
}

const ELEMENT = 'stageName stepName status tasksThatRun tasksKept';
const PREVIEW = `query ($input: ResumeExecutionInput!) { resumePreview(input: $input) {
  allowed refusals { code message } willRun { ${ELEMENT} } kept { ${ELEMENT} } askedAgain environments { name type } planToken } }`;

/** `slipway resume`: shows what would run and what is kept, asks, resumes exactly that, and follows it. */
export async function resumeRun(session: Session, named: string, options: ResumeOptions): Promise<void> {
  const run = await findRun(session, named);
  const mutation =
    run.__typename === 'PipelineExecution'
      ? await planPipeline(session, run, options)
      : await planWorkflow(session, run, options);
  await act(session, run, { ...mutation, question: 'Resume?' }, options);
}

interface Mutation {
  readonly query: string;
  readonly input: object;
}

async function planPipeline(session: Session, run: FoundRun, options: ResumeOptions): Promise<Mutation> {
  const input = {
    applicationId: applicationOf(run),
    pipelineExecutionId: run.id,
    pipelineStageName: options.stage,
    pipelineStageElementId: options.element,
    parallelMode: options.parallelMode,
    granularity: options.granularity,
    reason: options.reason,
  };
  const { resumePreview } = await session.api.ask<{ resumePreview: Preview }>(PREVIEW, { input });
  const [refused] = resumePreview.refusals;
  if (!resumePreview.allowed && refused !== undefined) {
    throw new Failure(exit.refused, refused.code, refused.message, { refusals: resumePreview.refusals }, [
      `"slipway run show ${run.id}" says what can be done with it.`,
    ]);
  }
  sayPreview(session, run, resumePreview);
  return {
    query: mutation('resumeExecution', 'ResumeExecutionInput'),
    input: { ...input, planToken: resumePreview.planToken },
  };
}

async function planWorkflow({ api, ui }: Session, run: FoundRun, options: ResumeOptions): Promise<Mutation> {
  const { execution } = await api.ask<{
    execution: { version: number; tasks: Pick<Task, 'name' | 'status' | 'reasonCode' | 'ignoredFailure'>[] };
  }>(
    'query ($id: ID!) { execution(executionId: $id) { version ... on WorkflowExecution { tasks { name status reasonCode ignoredFailure } } } }',
    { id: run.id },
  );
  const kept = execution.tasks.filter(
    ({ status, reasonCode, ignoredFailure }) =>
      status === 'SUCCESS' || ignoredFailure || (status === 'SKIPPED' && reasonCode !== 'NOT_STARTED'),
  );
  const again = execution.tasks.filter((task) => !kept.includes(task));
  ui.say(`Resume of ${run.id}, which is ${run.status}: tasks that succeeded are kept.`);
  ui.say(`  ${ui.paint.green('kept')}  ${names(kept.map(({ name }) => name)) || 'nothing'}`);
  ui.say(`  ${ui.paint.cyan('runs')}  ${names(again.map(({ name }) => name)) || 'nothing'}`);
  return {
    query: mutation('resumeWorkflowExecution', 'ResumeWorkflowExecutionInput'),
    input: {
      applicationId: applicationOf(run),
      workflowExecutionId: run.id,
      reason: options.reason,
      expectedVersion: execution.version,
    },
  };
}

function sayPreview({ ui }: Session, run: FoundRun, { kept, willRun, askedAgain, environments }: Preview): void {
  const { paint } = ui;
  ui.say(`Resume of ${run.id}, which is ${run.status}:`);
  for (const element of kept) ui.say(`  ${paint.green('kept')}  ${placeOf(element)}`);
  for (const element of willRun) {
    ui.say(`  ${paint.cyan('runs')}  ${placeOf(element)} ${paint.dim(names(element.tasksThatRun))}`.trimEnd());
    if (element.tasksKept.length > 0) ui.say(`        ${paint.dim(`keeps ${names(element.tasksKept)}`)}`);
  }
  if (askedAgain.length > 0) ui.say(`  ${paint.yellow('asks')}  ${names(askedAgain)}`);
  if (environments.length > 0)
    ui.say(
      `  touches the environment${environments.length > 1 ? 's' : ''} ${environments.map(({ name, type }) => `${name} (${type})`).join(', ')}`,
    );
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
