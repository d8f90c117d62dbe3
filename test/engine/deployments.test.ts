import type { Deployment } from '../../src/engine/deployment';
import { giveUpRun } from '../../src/engine/giveUpRun';
import { endOf } from '../../src/engine/jobEnd';
import { moveTask } from '../../src/engine/moves';
import type { RunSlice } from '../../src/engine/runSlice';
import { decide, settleTasks } from '../../src/engine/settleTasks';
import { stopExecution } from '../../src/engine/stopExecution';
import { now, sliceWith } from './slices';

const execution = 'execution';
const place = { environmentId: 'staging', serviceId: 'web', image: 'web:1', executionId: execution, runId: execution };

/** Task `one` is running; its deployments, or those of the whole workflow, are in progress. */
function deploying(keys: object, marked: boolean): RunSlice {
  const open: Deployment = {
    ...{ ...place, id: 'open', status: 'IN_PROGRESS', attempt: 1, operationId: null, startedAt: now, endedAt: null },
    ...(marked ? { taskExecutionId: 'one', task: 'one' } : { taskExecutionId: null, task: null }),
  };
  return sliceWith(marked ? { ...keys, deploys: true } : keys, {
    services: ['web'],
    execution: { environmentId: 'staging', images: { web: 'web:1' } },
    knows(facts) {
      facts.set('deployments', execution, [open]);
      facts.set('doubts', execution, { skipped: false, unsure: false });
    },
  });
}

const statuses = (run: RunSlice) => [...run.changes.deployments.values()].map(({ after }) => after.status);
const lost = (run: RunSlice, began: boolean) => {
  const end = endOf({
    asked: 'NOTHING',
    heard: 'AGENT_STOPPED',
    began,
    exitCode: null,
    signal: null,
    code: null,
    message: null,
  });
  decide(run, () => settleTasks(run, [{ taskId: 'one', ...end.task }]));
};

describe.each([
  ['a task that deploys', true],
  ['a workflow that deploys as a whole', false],
])('%s', (_name, marked) => {
  it('is UNKNOWN when its agent is lost after the command began', () => {
    const run = deploying({}, marked);
    lost(run, true);
    expect(run.execution(execution).status).toBe('FAILED');
    expect(statuses(run)).toEqual(['UNKNOWN']);
  });

  it('is UNKNOWN by the lost try and in progress again by the next one, with on_lost: RETRY', () => {
    const run = deploying({ onLost: 'RETRY' }, marked);
    lost(run, true);
    expect(run.task('one').status).toBe('QUEUED');
    expect(statuses(run)).toEqual(marked ? ['UNKNOWN'] : []);
  });

  it('is never UNKNOWN if the command of a lost agent had not begun', () => {
    const run = deploying({}, marked);
    lost(run, false);
    expect(statuses(run)).toEqual(marked ? ['FAILED'] : []);
  });

  it('is UNKNOWN when the run expires while the command runs', () => {
    const run = deploying({}, marked);
    decide(run, () => stopExecution(run, execution, 'EXPIRED', 'too late'));
    expect(statuses(run)).toEqual([]);
    const end = endOf({
      asked: 'CANCEL',
      heard: 'CANCELLED',
      began: true,
      exitCode: null,
      signal: 'SIGTERM',
      code: null,
      message: null,
    });
    decide(run, () => settleTasks(run, [{ taskId: 'one', ...end.task }]));
    expect(run.execution(execution).status).toBe('EXPIRED');
    expect(statuses(run)).toEqual(['UNKNOWN']);
  });

  it('is UNKNOWN when the server gives up the run', () => {
    const run = deploying({}, marked);
    decide(run, () => giveUpRun(run, execution, 'broken'));
    expect(run.execution(execution).status).toBe('ERROR');
    expect(statuses(run)).toEqual(['UNKNOWN']);
  });
});

describe('a list of services that a task deploys', () => {
  const begun = (names: Readonly<Record<string, string>>) => {
    const run = sliceWith(
      { deploys: ['web'] },
      {
        services: ['web', 'api'],
        execution: { environmentId: 'staging', images: { s1: 'web:1', s2: 'api:1' } },
        knows(facts) {
          facts.set('deployments', execution, []);
          for (const [id, name] of Object.entries(names)) facts.set('serviceName', id, name);
        },
      },
    );
    const task = { ...run.task('two'), id: 'other', name: 'one', status: 'QUEUED' as const };
    run.addTask(task);
    moveTask(run, task, { status: 'RUNNING', startedAt: now });
    return [...run.changes.deployments.values()].map(({ after }) => after.image);
  };

  it('refers to them by name', () => expect(begun({ s1: 'web', s2: 'api' })).toEqual(['web:1']));

  it('still refers to a service renamed since the revision', () => {
    expect(begun({ s1: 'site', s2: 'api' })).toEqual(['web:1']);
    // If both were renamed, either may match.
    expect(begun({ s1: 'site', s2: 'backend' })).toEqual(['web:1', 'api:1']);
    expect(begun({ s1: 'web', s2: 'backend' })).toEqual(['web:1']);
  });
});
