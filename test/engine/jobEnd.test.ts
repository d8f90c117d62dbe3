import { type Asked, endOf, type Heard, jobOutcomes } from '../../src/engine/jobEnd';
import { decide, settleTasks } from '../../src/engine/settleTasks';
import { taskOutcome } from '../../src/engine/taskEnd';
import { sliceWith } from './slices';

/** One line per cell: the request, the report, and the ends of job and task if the command began, and if it did not. */
const TABLE = `
NOTHING SUCCESS       SUCCESS/SUCCESS FAILED/FAILED
NOTHING FAILED        FAILED/FAILED   FAILED/FAILED
NOTHING TIMED_OUT     FAILED/FAILED   FAILED/FAILED
NOTHING CANCELLED     LOST/LOST       LOST/QUEUED
NOTHING AGENT_STOPPED LOST/LOST       LOST/QUEUED
NOTHING LEASE_OVER    LOST/LOST       QUEUED/QUEUED
NOTHING KILL_OVER     LOST/LOST       QUEUED/QUEUED
NOTHING TIME_OVER     FAILED/LOST     QUEUED/QUEUED
CANCEL  SUCCESS       SUCCESS/SUCCESS ABORTED/ABORTED
CANCEL  FAILED        ABORTED/ABORTED ABORTED/ABORTED
CANCEL  TIMED_OUT     ABORTED/ABORTED ABORTED/ABORTED
CANCEL  CANCELLED     ABORTED/ABORTED ABORTED/ABORTED
CANCEL  AGENT_STOPPED ABORTED/ABORTED ABORTED/ABORTED
CANCEL  LEASE_OVER    ABORTED/ABORTED ABORTED/ABORTED
CANCEL  KILL_OVER     ABORTED/ABORTED ABORTED/ABORTED
CANCEL  TIME_OVER     ABORTED/ABORTED ABORTED/ABORTED
`.trim();

const cells = Object.entries(jobOutcomes).flatMap(([asked, row]) =>
  Object.entries(row).flatMap(([heard, outcomes]) =>
    outcomes.map((outcome, index) => ({ asked: asked as Asked, heard: heard as Heard, began: index === 0, outcome })),
  ),
);
/** An offer that was not started returns unchanged. */
const started = cells.filter(({ outcome }) => outcome.job !== 'QUEUED');

test('the table of job ends', () => {
  const text = Object.entries(jobOutcomes).flatMap(([asked, row]) =>
    Object.entries(row).map(
      ([heard, pair]) => `${asked} ${heard} ${pair.map(({ job, task }) => `${job}/${task}`).join(' ')}`,
    ),
  );
  expect(text).toEqual(TABLE.split('\n').map((line) => line.replace(/ +/g, ' ')));
});

const known = { exitCode: 143, signal: 'SIGTERM', code: null, message: null };

describe.each(started)('requested: $asked, reported: $heard, began: $began', ({ asked, heard, began, outcome }) => {
  const settled = (keys: object, losses = 0, failureCode = asked === 'CANCEL' ? 'ABORTED' : null) => {
    const run = sliceWith(keys, { failureCode, losses });
    decide(run, () => settleTasks(run, [{ taskId: 'one', ...endOf({ asked, heard, began, ...known }).task }]));
    const { status, openTasks } = run.execution('execution');
    return { task: run.task('one'), status, openTasks, jobs: run.changes.jobs.length };
  };

  it('ends immediately or gets another job, and succeeds only if that was reported', () => {
    for (const keys of [{}, { retries: 2 }, { onLost: 'RETRY' }, { ignoreFailure: true }]) {
      for (const losses of [0, 1]) {
        const { task, status, openTasks, jobs } = settled(keys, losses);
        const says = outcome.task;
        const retried =
          says === 'QUEUED' ||
          (says === 'FAILED' && 'retries' in keys) ||
          (says === 'LOST' && 'onLost' in keys && losses === 0);
        const passed = says === 'SUCCESS' || (!retried && 'ignoreFailure' in keys && says !== 'ABORTED');
        expect(task.status === 'SUCCESS').toBe(says === 'SUCCESS');
        expect(task.passed).toBe(passed);
        if (retried) expect([task.status, status, jobs]).toEqual(['QUEUED', 'RUNNING', 1]);
        // Dependents run unless the workflow is being aborted.
        else if (passed) expect([status, jobs]).toEqual(asked === 'NOTHING' ? ['RUNNING', 1] : ['ABORTED', 0]);
        else expect([status, openTasks, jobs]).toEqual([asked === 'NOTHING' ? 'FAILED' : 'ABORTED', 0, 0]);
      }
    }
  });

  it('starts nothing in a workflow that is failing', () => {
    if (asked === 'CANCEL') return;
    const { task, status, openTasks, jobs } = settled({ onLost: 'RETRY', retries: 2 }, 0, 'TASK_FAILED');
    expect([status, openTasks, jobs]).toEqual(['FAILED', 0, 0]);
    expect(task.status).toBe(outcome.task === 'QUEUED' ? 'SKIPPED' : outcome.task === 'LOST' ? 'FAILED' : outcome.task);
  });
});

describe('taskOutcome', () => {
  const task = { passed: false, failures: 0, losses: 0, reasonCode: null, exitCode: null };
  it.each([
    [{ ...task, status: 'SUCCESS', passed: true, exitCode: 0 }, 'SUCCEEDED'],
    [{ ...task, status: 'FAILED', reasonCode: 'EXIT_CODE', exitCode: 3 }, 'FAILED'],
    [{ ...task, status: 'FAILED', reasonCode: 'SIGNAL', exitCode: 139 }, 'FAILED'],
    [{ ...task, status: 'FAILED', reasonCode: 'EXIT_CODE', exitCode: 137 }, 'UNKNOWN'],
    [{ ...task, status: 'FAILED', reasonCode: 'EXIT_CODE', exitCode: 3, passed: true }, 'UNKNOWN'],
    [{ ...task, status: 'FAILED', reasonCode: 'AGENT_LOST' }, 'UNKNOWN'],
    [{ ...task, status: 'FAILED', reasonCode: 'TIMED_OUT' }, 'UNKNOWN'],
    [{ ...task, status: 'FAILED', reasonCode: 'BAD_OUTPUT', exitCode: 0 }, 'SUCCEEDED'],
    [{ ...task, status: 'FAILED', reasonCode: 'VARIABLE_CONFLICT', exitCode: 0, passed: true }, 'SUCCEEDED'],
    [{ ...task, status: 'FAILED', reasonCode: 'UPLOAD_FAILED', exitCode: 3 }, 'UNKNOWN'],
    [{ ...task, status: 'FAILED', reasonCode: 'SHELL_NOT_FOUND' }, 'NOTHING'],
    [{ ...task, status: 'ABORTED', reasonCode: 'CANCELLED' }, 'UNKNOWN'],
    [{ ...task, status: 'SKIPPED', reasonCode: 'NOT_STARTED' }, 'NOTHING'],
    [{ ...task, status: 'FAILED', reasonCode: 'SECRET_MISSING' }, 'NOTHING'],
    [{ ...task, status: 'FAILED', reasonCode: 'SECRET_MISSING', failures: 1 }, 'FAILED'],
    [{ ...task, status: 'FAILED', reasonCode: 'UNDEFINED_VARIABLE', losses: 1 }, 'UNKNOWN'],
  ] as const)('%j: %s', (ended, outcome) => expect(taskOutcome(ended)).toBe(outcome));
});
