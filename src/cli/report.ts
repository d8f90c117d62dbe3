import type { Event } from './events';
import type { PlacedFragment } from '../client/generated';
import {
  actorName,
  approvalOf,
  askedOf,
  asking,
  changeLine,
  inPlace,
  isOver,
  nameOf,
  operationsOf,
  ownTasks,
  type Run,
  stagesOf,
  type Task,
  tasksOf,
  workflowOf,
  workflowsOf,
} from './run';
import { formValues } from './form';
import { Steps } from './steps';
import { duration, timeOfDay, type Ui, words } from './ui';

/** Prints each change once, as a line. */
export class RunReport {
  private readonly steps = new Steps();
  private readonly began = new Map<string, string>();
  private readonly running = new Map<string, string>();
  private readonly places = new Map<string, string>();
  private status = '';
  private waitsFor = '';
  /**
   * Error of the last restore that ended while the run was followed; null unless it failed. The run may still be
   * SUCCESS.
   */
  restoreError: { readonly code: string; readonly message: string } | null = null;

  constructor(private readonly ui: Ui) {}

  /** Restore tasks belong to stage elements that the run may no longer show. */
  learnPlaces(tasks: readonly PlacedFragment[]): void {
    for (const task of tasks) this.places.set(task.id, inPlace(task));
  }

  learn(run: Run): void {
    this.status = run.status;
    this.learnPlaces(operationsOf(run).flatMap(({ tasks }) => tasks));
    for (const { id, step } of workflowsOf(run)) if (step !== null) this.steps.learn(id, step);
  }

  /** Prints the state before the first event. */
  showAll(run: Run): void {
    this.learn(run);
    this.ui.say(
      words(this.ui.paint.bold(nameOf(run)), this.ui.status(run.status).trimEnd(), this.ui.paint.dim(run.id)),
    );
    for (const stage of stagesOf(run)) {
      if (stage.status === 'QUEUED' && stage.startedAt === null) continue;
      const place = this.ui.paint.bold(`${stage.pipelineStageName} › ${stage.pipelineStepName}`);
      this.line(null, stage.status, place, '', stage.reason);
      const workflow = workflowOf(stage);
      this.showTasks(stage.pipelineStepName, workflow === null ? [] : tasksOf(workflow));
      const approval = approvalOf(stage);
      if (approval?.status === 'WAITING') {
        const { approvers, message, undecidableSince } = approval;
        this.waits(null, `for an approval by ${askedOf(approval)}${message === null ? '' : `: ${message}`}`);
        if (undecidableSince !== null) this.say(null, nobodyLeft(approvers.join(', ')));
      }
    }
    this.showTasks(null, ownTasks(run));
    for (const { variables } of asking(run)) this.waits(null, `for ${variables.join(', ')}`);
  }

  private showTasks(step: string | null, tasks: readonly Task[]): void {
    for (const task of tasks.filter(({ status }) => status !== 'QUEUED')) {
      if (task.status === 'RUNNING') this.running.set(task.id, task.name);
      if (task.status === 'RUNNING' && task.startedAt !== null) this.began.set(task.id, task.startedAt);
      this.line(null, task.status, taskName(step, task.name), duration(task.durationMs), task.reason);
    }
  }

  show(event: Event): void {
    for (const next of this.steps.inOrder(event)) this.tell(next);
  }

  private tell({ type, at, executionId, runId, actor, data }: Event): void {
    const by = actorName(actor);
    const text = (name: string) => (typeof data[name] === 'string' ? (data[name] as string) : '');
    const to = text('to');
    const reason = text('reason');
    const list = (name: string) => ((data[name] ?? []) as readonly string[]).join(', ');
    const from = text('fromStage') && `from ${text('fromStage')}`;
    switch (type) {
      case 'ATTEMPT_STARTED':
        if (executionId !== runId) break;
        this.say(at, words(`attempt ${data.attempt}:`, text('kind').toLowerCase(), `by ${by}`, from));
        break;
      case 'EXECUTION_STATUS':
        if (executionId === runId) this.status = to;
        break;
      case 'STAGE_STATUS':
        this.timed(
          text('stageExecutionId'),
          at,
          to,
          this.ui.paint.bold(`${text('stageName')} › ${text('stepName')}`),
          text('reason'),
        );
        if (to !== 'WAITING' && to !== 'PAUSED') this.waitsFor = '';
        break;
      case 'TASK_STATUS':
        if (to === 'RUNNING') this.running.set(text('taskExecutionId'), text('name'));
        else this.running.delete(text('taskExecutionId'));
        this.timed(
          text('taskExecutionId'),
          at,
          to,
          this.nameOfTask(executionId, text('taskExecutionId'), text('name')),
          text('reason'),
        );
        break;
      case 'FINALLY_STARTED': {
        const step = this.steps.of(executionId);
        const what = text('status') === 'SUCCESS' ? 'all tasks have ended' : `ends as ${text('status')}`;
        this.say(at, `${step === null ? '' : `${step}: `}${what}; finally: ${list('tasks')}`);
        break;
      }
      case 'BESIDE_TASK_CREATED':
        if (data.taskType === 'forensic') this.say(at, `failure handler ${text('name')} is requested`);
        break;
      case 'JOB_FACTS':
        if (data.commit) this.say(at, `${text('name')} checked out ${text('commit')} of ${text('repository')}`);
        if (data.image) this.say(at, `${text('name')} ran in ${text('image')} (${text('digest')})`);
        break;
      case 'JOB_LOST':
        this.say(at, `the agent of ${text('name')} was lost${data.retried ? '; the task is retried' : ''}`);
        break;
      case 'APPROVAL_REQUESTED':
        this.waits(at, `for an approval by ${list('approvers')}${data.message ? `: ${text('message')}` : ''}`);
        this.sayNeeds(at, text('needs'), data.changes);
        break;
      case 'APPROVAL_VOTED':
        this.say(at, `approved by ${by}${text('comments') && `: ${text('comments')}`}; still needs ${text('missing')}`);
        break;
      case 'APPROVAL_CHANGED':
        this.say(at, 'the approval is requested again, and earlier votes no longer count:');
        this.sayNeeds(at, '', data.changes);
        break;
      case 'BEGIN_DELAYED':
        this.waits(at, reason.replace(/^waits /, ''));
        break;
      case 'RUNTIME_INPUTS_REQUESTED':
        this.waits(at, `for ${list('variables')}: slipway answer ${runId}`);
        break;
      case 'RUNTIME_INPUTS_GIVEN':
        this.say(at, `answered by ${by}`);
        break;
      case 'PAUSE_REQUESTED':
      case 'CONTINUE_REQUESTED':
        this.say(at, words(type === 'PAUSE_REQUESTED' ? 'paused' : 'continued', `by ${by}`, reason));
        break;
      case 'RESTORE_STARTED':
      case 'RESTORE_ENDED':
        this.say(
          at,
          words(
            type === 'RESTORE_STARTED' ? 'restore' : 'end of the restore:',
            text('status'),
            `by ${by}${reason && `: ${text('reasonCode')}: ${reason}`}`,
          ),
        );
        this.restoreError =
          text('status') === 'FAILED' ? { code: text('reasonCode') || 'RESTORE_FAILED', message: reason } : null;
        break;
      case 'ROLLED_BACK':
        this.say(
          at,
          text('rollbackRunId') === ''
            ? words('not rolled back:', `${text('reasonCode')}: ${reason}`)
            : words('rolled back by run', text('rollbackRunId')),
        );
        break;
      case 'DRIFTED':
        this.say(at, words('drifted:', text('image'), 'was deployed,', text('observed') || 'nothing', 'runs'));
        break;
      case 'DRIFT_RESOLVED':
        this.say(at, words('drift resolved:', text('image')));
        break;
      case 'APPROVAL_UNDECIDABLE':
        this.say(at, nobodyLeft(list('approvers')));
        break;
      case 'APPROVAL_DECIDABLE':
        this.say(at, `the approval by ${list('approvers')} can be decided again`);
        break;
      case 'APPROVAL_REASSIGNED':
        this.say(at, words(`approval reassigned to ${list('approvers')} by ${by}${reason && ':'}`, reason));
        break;
      case 'APPROVAL_REMINDED':
        this.say(at, `reminder ${data.reminder} for the approval by ${list('approvers')}`);
        break;
      case 'APPROVAL_ESCALATED':
        this.say(at, `approval escalated: ${list('to')} may decide as well`);
        break;
      case 'APPROVAL_DECIDED': {
        const given = formValues((data.inputs ?? []) as readonly { readonly name: string; readonly value: string }[]);
        const said = [text('comments'), given.join(', ')].filter(Boolean).join('; ');
        this.say(at, `${text('status').toLowerCase()} by ${by}${said && `: ${said}`}`);
        break;
      }
      case 'ABORT_REQUESTED':
        this.say(at, words(`abort by ${by}${reason && ':'}`, reason));
        break;
      case 'DEPLOYMENT_STATUS':
        if (text('status') === 'FAILED' || text('status') === 'UNKNOWN') {
          this.say(at, `deployment of ${text('image')} ${text('status')}`);
        }
        break;
      case 'DEPLOYED':
        this.say(at, `deployed ${text('image')}`);
        break;
    }
  }

  /** People who have to approve, unless any one person can, and the changes since an approval was given. */
  private sayNeeds(at: string, needs: string, changes: unknown): void {
    if (needs !== '' && (/^(?!1 )/.test(needs) || needs.includes(', and '))) this.say(at, `needs ${needs}`);
    for (const change of (changes ?? []) as readonly Parameters<typeof changeLine>[0][]) {
      this.say(at, `  ${changeLine(change)}`);
    }
  }

  private nameOfTask(executionId: string, id: string, name: string): string {
    const place = this.places.get(id);
    return place === undefined ? taskName(this.steps.of(executionId), name) : `  ${place}`;
  }

  /** Status of the run, as last shown. */
  get current(): string {
    return this.status;
  }

  /** Text of the progress line. */
  doing(): string {
    const names = [...this.running.values()];
    const some = names.slice(0, 4).join(', ');
    return words(this.status, this.waitsFor || (names.length > 4 ? `${some} and ${names.length - 4} more` : some));
  }

  private waits(at: string | null, what: string): void {
    this.waitsFor = what;
    this.say(at, this.ui.paint.yellow(`waits ${what}`));
  }

  /** Prints a change of status, with the duration if it is final. QUEUED is omitted. */
  private timed(key: string, at: string, to: string, name: string, reason: string): void {
    const began = this.began.get(key);
    const took = isOver(to) && began !== undefined ? duration(Date.parse(at) - Date.parse(began)) : '';
    if (to === 'RUNNING') this.began.set(key, at);
    if (to !== 'QUEUED') this.line(at, to, name, took, to === 'SUCCESS' ? null : reason);
  }

  private line(at: string | null, status: string, name: string, took = '', reason: string | null = null): void {
    this.say(at, words(this.ui.status(status), name, took, this.ui.paint.dim(reason ?? '')));
  }

  private say(at: string | null, text: string): void {
    this.ui.say(`${this.ui.paint.dim(at === null ? ' '.repeat(8) : timeOfDay(at))}  ${text}`);
  }
}

const nobodyLeft = (approvers: string): string => `nobody is left to decide the approval by ${approvers}`;
const taskName = (step: string | null, name: string): string => `  ${step ? `${step} › ` : ''}${name}`;
