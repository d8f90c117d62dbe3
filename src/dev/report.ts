import pc from 'picocolors';

/** What the demo reads of an execution at each update. */
export interface RunView {
  readonly id: string;
  readonly status: string;
  readonly durationMs: number | null;
  readonly failureDetails: string | null;
  readonly pipelineStageExecutions: readonly StageView[];
}

/** The fields of it. */
export const RUN = `id status durationMs failureDetails ... on PipelineExecution { pipelineStageExecutions {
  pipelineStageElementId pipelineStageName pipelineStepName status reason
  ... on WorkflowStageExecution { workflowExecution { durationMs tasks { id name status reason durationMs jobs { id agent { name } } } } } } }`;

export interface StageView {
  readonly pipelineStageElementId: string;
  readonly pipelineStageName: string;
  readonly pipelineStepName: string;
  readonly status: string;
  readonly reason: string | null;
  readonly workflowExecution?: { readonly durationMs: number | null; readonly tasks: readonly TaskView[] } | null;
}

export interface TaskView {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly reason: string | null;
  readonly durationMs: number | null;
  /** Its result is from an earlier attempt. */
  readonly reused?: boolean;
  readonly jobs: readonly { readonly id: string; readonly agent: { readonly name: string } | null }[];
}

const colour: Readonly<Record<string, (text: string) => string>> = {
  SUCCESS: pc.green,
  RUNNING: pc.cyan,
  WAITING: pc.yellow,
  PAUSED: pc.yellow,
  FAILED: pc.red,
  ERROR: pc.red,
  ABORTED: pc.red,
  EXPIRED: pc.red,
  REJECTED: pc.red,
  SKIPPED: pc.dim,
  QUEUED: pc.dim,
};
const sign: Readonly<Record<string, string>> = { SUCCESS: '✓', RUNNING: '▸', WAITING: '…', SKIPPED: '–', QUEUED: '·' };

const status = (text: string): string => (colour[text] ?? pc.red)(`${sign[text] ?? '✗'} ${text.padEnd(8)}`);
const duration = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? '' : pc.dim(`${(ms / 1000).toFixed(1)} s`);

/** Prints each change of a run once, as a line. */
export class RunReport {
  private readonly shown = new Map<string, string>();

  constructor(private readonly print: (line: string) => void) {}

  show(run: RunView): void {
    for (const stage of run.pipelineStageExecutions) this.showStage(stage);
  }

  private showStage(stage: StageView): void {
    const tasks = stage.workflowExecution?.tasks ?? [];
    const place = `${stage.pipelineStageName} › ${stage.pipelineStepName}`;
    const begun = stage.status !== 'QUEUED';
    const ended = begun && stage.status !== 'RUNNING' && stage.status !== 'WAITING';
    if (begun && !ended)
      this.once(stage.pipelineStageElementId, stage.status, `${status(stage.status)} ${pc.bold(place)}`);
    this.showTasks(tasks);
    if (!ended) return;
    const why = stage.status === 'SUCCESS' || stage.reason === null ? '' : pc.dim(stage.reason);
    const time = duration(stage.workflowExecution?.durationMs);
    this.once(
      stage.pipelineStageElementId,
      stage.status,
      `${status(stage.status)} ${pc.bold(place)} ${time} ${why}`.trimEnd(),
    );
  }

  showTasks(tasks: readonly TaskView[]): void {
    for (const task of tasks) {
      if (task.status === 'QUEUED') continue;
      const agent = task.jobs.at(-1)?.agent?.name;
      const on = task.status === 'RUNNING' && agent ? pc.dim(`on ${agent}`) : '';
      const why = task.reused ? pc.dim('kept') : task.status === 'SUCCESS' ? '' : pc.dim(task.reason ?? '');
      const time = task.status === 'RUNNING' || task.reused ? '' : duration(task.durationMs);
      this.once(
        task.id,
        task.status,
        `    ${status(task.status)} ${task.name.padEnd(16)} ${on}${time} ${why}`.trimEnd(),
      );
    }
  }

  private once(key: string, value: string, line: string): void {
    if (this.shown.get(key) === value) return;
    this.shown.set(key, value);
    this.print(line);
  }
}
