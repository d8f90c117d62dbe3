import { logRunChanges } from '../../../src/runs/events/logRunChanges';
import { memoryLog } from '../../support/graphqlHarness';

it('logs changes of a run, but not of each task or member', () => {
  const { log, lines } = memoryLog();
  const of = (executionId: string) => (type: string, data: object) => ({ runId: 'run', executionId, type, data });
  const [run, member] = [of('run'), of('member')];
  const actor = { kind: 'USER', id: 'u', name: 'Ada' } as const;
  const changes = [
    run('EXECUTION_CREATED', { kind: 'PIPELINE', name: 'release' }),
    run('EXECUTION_STATUS', { from: 'QUEUED', to: 'RUNNING' }),
    member('EXECUTION_CREATED', { kind: 'WORKFLOW', name: 'deploy' }),
    member('TASK_STATUS', { name: 'put', to: 'SUCCESS' }),
    member('DEPLOYED', { image: 'web:1' }),
    member('EXECUTION_STATUS', { from: 'RUNNING', to: 'SUCCESS' }),
    run('APPROVAL_DECIDED', { status: 'APPROVED', comments: 'a secret' }),
    run('EXECUTION_STATUS', { from: 'RUNNING', to: 'FAILED', reasonCode: 'TASK_FAILED', reason: 'text' }),
  ];
  logRunChanges(log, changes, actor);
  expect(
    lines.map(({ run, actor, msg, ...more }) => [run, actor, msg, more.status ?? more.image ?? more.reasonCode]),
  ).toEqual(
    [
      ['run started', undefined],
      ['run is RUNNING', undefined],
      ['image deployed', 'web:1'],
      ['approval decided', 'APPROVED'],
      ['run is FAILED', 'TASK_FAILED'],
    ].map((line) => ['run', 'Ada', ...line]),
  );
  expect(lines[0]).toMatchObject({ event: 'EXECUTION_CREATED', actorKind: 'USER', actorId: 'u' });
  expect(JSON.stringify(lines)).not.toContain('a secret');
});
