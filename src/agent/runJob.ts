import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { AgentSettings, ClaimedJob, EndReason, JobEnd, JobOutput } from '../contract/agentProtocol';
import type { JobFacts } from '../contract/jobFacts';
import { follows } from '../contract/valueRules';
import type { Clock } from '../kernel/clock';
import { inheritedEnvironment } from '../kernel/config';
import type { Log } from '../kernel/log';
import { ArtifactFailure, downloadInputs, uploadOutputs, uploadWhatIsThere } from './artifacts';
import { JobCache } from './cache';
import { CheckoutFailed, checkOut } from './checkout';
import { type CommandEnd, CommandFailure, type CommandOptions, runCommand } from './command';
import { commandEnvironment } from './commandEnvironment';
import { BadOutput, LastLine, readOutputs, Tail } from './commandOutputs';
import { ContainerProblem, type RunVisibly } from './containers/images';
import { JobContainers } from './containers/jobContainers';
import { ContainerRefused } from './containers/policy';
import { graceLimit, timeLimit } from './jobLimits';
import { JobLog } from './jobLog';
import { JobTrace } from './jobTrace';
import type { Tracing } from '../kernel/tracing';
import { maskFacts, maskOf } from './jobMask';
import { sendReport } from './jobReport';
import type { JobClient } from './protocolClient';
import type { Mask } from './secretMask';
import { argumentsOf, ShellNotFound } from './shell';
import { ClaimOver, StopRequest } from './stopRequest';
import { isWithin, makeFolderWithin } from './workFolder';
import type { JobFolder, Workplace } from './workplace';

export interface JobContext {
  readonly client: JobClient;
  readonly settings: AgentSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** A performance.now() time from which the time limit counts. */
  readonly startedAt: number;
  /** Aborts with a StopRequest when the job must end early; its end is reported. */
  readonly stop: AbortSignal;
  /** Aborts when the claim has ended: the job must end immediately, and its end is not reported. */
  readonly gone: AbortSignal;
  /** Aborts `gone` if the lease has expired. */
  confirmLease(): void;
}

export interface ExecutedJob {
  readonly end: JobEnd;
  /** Null if the server does not have the whole log. */
  readonly logBytes: number | null;
  /** SHA-256 of the whole log. */
  readonly logSha256?: string;
  /** Size of all output, including what the server does not have. */
  readonly logWritten?: number;
  /** Sends the log again from an offset. Returns the same as `logBytes`. */
  resendLog?(offset: number): Promise<number | null>;
  /** Called when the server knows the end. */
  cleanUp?(): Promise<void>;
}

/** Runs one job. Replaceable, so that the protocol can be measured without the cost of processes. */
export type Execute = (job: ClaimedJob, context: JobContext) => Promise<ExecutedJob>;

const LONGEST_MESSAGE = 1000;

/** `gitProtocols`: protocols from which repositories may be checked out. */
export function createExecute(
  workplace: Workplace,
  gitProtocols: readonly string[],
  tracing?: Tracing | undefined,
): Execute {
  const inherited = commandEnvironment(inheritedEnvironment(), {});
  return async (job, context) => {
    const folder = await workplace.openJob(job);
    const mask = maskOf(job);
    const trace = new JobTrace(tracing, context.clock, job);
    return runJob(job, context, { workplace, folder, inherited, mask, gitProtocols, trace });
  };
}

interface Place {
  readonly workplace: Workplace;
  readonly folder: JobFolder;
  readonly inherited: Record<string, string>;
  readonly mask: Mask;
  readonly gitProtocols: readonly string[];
  readonly trace: JobTrace;
}

interface Progress {
  /** False as long as it is certain that no part of the command has run. */
  commandStarted: boolean;
  facts: JobFacts | null;
}

/** The server sent a reason not to run the job along with the job. */
class JobRefused extends Error {
  constructor(
    readonly reason: EndReason,
    message: string,
  ) {
    super(message);
  }
}

/** Inputs, command, outputs and log. The time limit covers all of them, from the start, as on the server. */
async function runJob(job: ClaimedJob, context: JobContext, place: Place): Promise<ExecutedJob> {
  const { client, settings, gone, clock, log } = context;
  const { folder, mask } = place;
  const output = new JobLog({ client, settings, gone, clock, log, mask, spoolFile: folder.spoolFile });
  const limit = timeLimit(job, context.startedAt);
  const stop = AbortSignal.any([context.stop, limit.signal]);
  const progress: Progress = { commandStarted: false, facts: null };
  const grace = graceLimit(stop, gone);
  let end: JobEnd;
  try {
    end = await runSteps(job, context, place, output, stop, progress, grace.signal);
  } catch (error) {
    end = endAfter(error, null, log);
  }
  if (progress.commandStarted) await sendReport(job, { client, log, folder, mask }, grace.signal);
  limit.clear();
  grace.clear();
  place.trace.end(end);
  return {
    end: {
      ...end,
      ...progress,
      facts: progress.facts && maskFacts(progress.facts, mask),
      message: end.message && mask.hide(end.message).slice(0, LONGEST_MESSAGE),
    },
    logBytes: await output.end(),
    logSha256: output.sha256(),
    logWritten: output.written,
    resendLog: (offset) => output.resend(offset),
    cleanUp: async () => {
      await output.close();
      await folder.remove();
    },
  };
}

async function runSteps(
  job: ClaimedJob,
  context: JobContext,
  place: Place,
  output: JobLog,
  stop: AbortSignal,
  progress: Progress,
  limit: AbortSignal,
): Promise<JobEnd> {
  const end = await runCommandOf(job, context, place, output, stop, progress);
  if (job.outputsWhen !== 'success' && (end.exitCode !== 0 || end.reason !== null)) {
    await uploadAfterFailure(job, context, place, limit);
  }
  return end;
}

/**
 * Uploads files of a failed job for people to inspect. The job has already failed, so a failed upload changes nothing.
 */
async function uploadAfterFailure(
  job: ClaimedJob,
  { client, log }: JobContext,
  { folder, mask }: Place,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (!signal.aborted) await uploadWhatIsThere(folder.work, job.outputs, client, signal, mask);
  } catch (error) {
    log.warn({ err: error, jobId: job.jobId }, `could not upload all files of ${job.task}, which failed`);
  }
}

async function runCommandOf(
  job: ClaimedJob,
  context: JobContext,
  place: Place,
  output: JobLog,
  stop: AbortSignal,
  progress: Progress,
): Promise<JobEnd> {
  const { client, gone, log, confirmLease } = context;
  const { workplace, folder, inherited, gitProtocols, trace } = place;
  const interrupted = AbortSignal.any([stop, gone]);
  if (job.refused !== null) throw new JobRefused(job.refused.reason, job.refused.message);
  if (job.missing.length > 0) {
    throw new JobRefused('INPUT_MISSING', `No files were uploaded by ${job.missing.join(', ')}.`);
  }
  checkValues(job);
  const common = {
    jobId: job.jobId,
    graceMs: job.graceMs,
    stopSignal: job.stopSignal,
    folder,
    workplace,
    output,
    stop,
    gone,
    confirmLease,
  };
  const run: RunVisibly = async (argv, env) => {
    const tail = new Tail();
    const watch = (chunk: Buffer) => tail.add(chunk);
    const directory = folder.work;
    const ended = await runCommand({ ...common, argv, env: { ...env }, directory, streams: 'merged', watch });
    interrupted.throwIfAborted();
    return { exitCode: ended.exitCode, lines: tail.text };
  };
  if (job.checkout !== null) {
    const wanted = job.checkout;
    const checkout = await trace.step('checkout', () =>
      checkOut(wanted, { folder, protocols: gitProtocols, environment: inherited, run }),
    );
    progress.facts = { ...noFacts, checkout };
  }
  const take = () => downloadInputs(folder.work, job.inputs, client, interrupted);
  await (job.inputs.length === 0 ? take() : trace.step('inputs', take));
  const cache =
    job.cache === null
      ? undefined
      : new JobCache({ cache: job.cache, folder, client, output, log, signal: interrupted });
  await cache?.restore();
  const containers = JobContainers.of({ job, workplace, folder, output, log, run, signal: interrupted });
  let end: JobEnd | undefined;
  try {
    const more = (await containers?.prepare()) ?? {};
    end = await runPrepared(job, place, common, progress, interrupted, context, containers, more);
    if (end.exitCode === 0 && end.reason === null) await cache?.save();
    return end;
  } finally {
    if (containers !== undefined) {
      const ran = await containers.facts();
      const any = ran.container !== null || ran.services.length > 0;
      if (any) progress.facts = { ...(progress.facts ?? noFacts), ...ran };
      await containers.end(end?.exitCode !== 0);
    }
  }
}

const noFacts: JobFacts = { container: null, services: [], checkout: null };

type Common = Pick<
  CommandOptions,
  'jobId' | 'graceMs' | 'stopSignal' | 'folder' | 'workplace' | 'output' | 'stop' | 'gone' | 'confirmLease'
>;

/** Runs the command, on the agent or in its container, and takes what it leaves. */
async function runPrepared(
  job: ClaimedJob,
  { workplace, folder, inherited, mask, trace }: Place,
  common: Common,
  progress: Progress,
  interrupted: AbortSignal,
  { client, log }: JobContext,
  containers: JobContainers | undefined,
  variables: Readonly<Record<string, string>>,
): Promise<JobEnd> {
  const inside = job.container !== null;
  const line = job.register === null ? undefined : new LastLine();
  // An absolute path is one of the container.
  const directory =
    inside && job.workingDir !== null && isAbsolute(job.workingDir)
      ? job.workingDir
      : await workingDirectory(folder.work, job.workingDir, workplace.directories);
  const env: Record<string, string> = {
    ...(job.cleanEnv || inside ? {} : inherited),
    ...variables,
    ...trace.environment,
    ...job.env,
    ...job.secrets,
    SLIPWAY_JOB_ID: job.jobId,
    ...client.forCommand(job.artifactToken),
    SLIPWAY_OUTPUT: folder.outputFile,
    SLIPWAY_OUTPUTS: folder.outputFolder,
    SLIPWAY_REPORTS: folder.reportFolder,
    SLIPWAY_SUMMARY: folder.summaryFile,
  };
  if (env.PATH !== undefined && !inside) env.PATH = `${workplace.commands}:${env.PATH}`;
  const { shell, command } = job;
  const { scriptFile } = folder;
  const argv = await argumentsOf({ shell, command, scriptFile, path: env.PATH, directory, elsewhere: inside });
  const merged = job.streams === 'merged';
  const contained = containers?.command({ argv, env, directory, merged, clean: job.cleanEnv });
  const errors = new Tail();
  interrupted.throwIfAborted();
  progress.commandStarted = true;
  const ended = await trace.step('command', () =>
    runCommand({
      ...common,
      ...(contained === undefined ? { argv, env, directory } : { ...contained, directory: folder.work }),
      streams: job.streams,
      watch: line && ((chunk) => line.add(chunk)),
      watchErrors: contained && ((chunk) => errors.add(chunk)),
    }),
  );
  try {
    interrupted.throwIfAborted();
    if (contained !== undefined) {
      const problem = await containers?.startProblem(ended.exitCode, errors.text, directory, argv[0] ?? '');
      if (problem !== undefined) progress.commandStarted = false;
      if (problem !== undefined) throw problem;
      await containers?.noteEnd(ended.exitCode);
    }
    if (ended.exitCode === 0) {
      if (job.outputsWhen !== 'failure') {
        const leave = () => uploadOutputs(folder.work, job.outputs, client, interrupted, mask);
        await (job.outputs.length === 0 ? leave() : trace.step('outputs', leave));
      }
      const registered = job.register === null ? [] : [{ name: job.register, value: line?.value ?? '' }];
      const outputs = [...registered, ...(await readOutputs(folder.outputFile, folder.outputFolder))];
      refuseSecrets(outputs, mask);
      if (outputs.length > 0) return { ...ended, reason: null, message: null, outputs };
    }
  } catch (error) {
    return endAfter(error, ended, log);
  }
  return { ...ended, reason: null, message: null };
}

/** A stored value is visible to everybody who may see the execution. */
function refuseSecrets(outputs: readonly JobOutput[], mask: Mask): void {
  const leak = outputs.find(({ name, value }) => mask.isIn(name) || mask.isIn(value));
  if (leak !== undefined) {
    throw new BadOutput(`the variable ${leak.name.slice(0, 100)} would contain a secret`, 'SECRET_IN_OUTPUT');
  }
}

/** Refuses values that could become code at their place in the command, such as `a[$(…)]` in arithmetic. */
function checkValues({ checks, env, secrets }: ClaimedJob): void {
  for (const [name, rule] of Object.entries(checks)) {
    const value = secrets[name] ?? env[name] ?? '';
    if (follows(value, rule)) continue;
    const shown = JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
    const why =
      rule === 'number'
        ? 'the command calculates with it or runs it as code, so only a number is safe'
        : 'a program runs it as code, so only letters, digits and _ . , : / @ % + - are safe';
    throw new JobRefused('UNSAFE_VALUE', `${name} is ${shown}: ${why}.`);
  }
}

/**
 * Current directory of the command. A path within the working directory is created unless an input already did, because
 * the working directory starts empty. An absolute path is a directory of this machine, if the configuration allows it.
 */
async function workingDirectory(
  work: string,
  within: string | null,
  allowed: readonly string[] | null,
): Promise<string> {
  if (within === null) return work;
  const refuse = (why: string) => new JobRefused('WORKING_DIR_REFUSED', `The working directory "${within}" ${why}.`);
  if (isAbsolute(within)) {
    const found = await realpath(within).catch(() => undefined);
    if (found === undefined || !(await stat(found)).isDirectory()) throw refuse('is not a directory of this agent');
    const roots = allowed && (await Promise.all(allowed.map((one) => realpath(one).catch(() => one))));
    if (!(roots?.some((root) => isWithin(found, root)) ?? true)) {
      throw refuse('is not allowed by SLIPWAY_AGENT_WORKING_DIRS of this agent');
    }
    return within;
  }
  const directory = resolve(work, within);
  if (!isWithin(directory, resolve(work))) throw refuse('leads out of the working directory of the job');
  const made = await makeFolderWithin(work, directory).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : error;
    throw new CommandFailure(`could not create the directory "${within}": ${why}`);
  });
  if (!made) throw refuse('leads out of the working directory of the job through a link');
  return directory;
}

function endAfter(error: unknown, ended: CommandEnd | null, log: Log): JobEnd {
  const { exitCode, signal } = ended ?? { exitCode: null, signal: null };
  if (error instanceof StopRequest || error instanceof ArtifactFailure || error instanceof JobRefused) {
    return { exitCode, signal, reason: error.reason, message: error.message };
  }
  for (const kind of [BadOutput, ShellNotFound, ContainerProblem, ContainerRefused, CheckoutFailed]) {
    if (error instanceof kind) return { exitCode, signal, reason: error.reason, message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CommandFailure || error instanceof ClaimOver))
    log.error({ err: error }, 'could not run the job');
  return { exitCode, signal, reason: 'AGENT_ERROR', message };
}
