import { logRefusals } from '../../../src/api/graphql/logRefusals';
import { RefusalLog } from '../../../src/api/http/refusalLog';
import { SignInLog } from '../../../src/api/http/signInLog';
import { systemActor } from '../../../src/access/actor';
import { memoryLog } from '../../support/graphqlHarness';

const ada = { ...systemActor, kind: 'USER', id: 'u', name: 'Ada' } as const;
const request = { id: 'r', address: '10.0.0.1', transport: 'http', signal: new AbortController().signal } as const;

describe('the log', () => {
  it('has one line for a refused operation, without values', () => {
    const { log, lines } = memoryLog();
    const errors = [{ field: 'name', value: 'hunter2', rule: 'NAME', message: '"hunter2" is not a name' }];
    const refused = { message: '"hunter2" is not a name', extensions: { code: 'INVALID_INPUT', errors } };
    const note = logRefusals(new RefusalLog(log));
    const end = { name: 'Rename', kind: 'mutation', milliseconds: 1, actor: ada, request } as const;
    note({ ...end, errors: [refused] });
    note({ ...end, errors: [] });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ code: 'INVALID_INPUT', operation: 'Rename', rules: ['name: NAME'], actorId: 'u' });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('has at most a hundred refusals a second', () => {
    const { log, lines } = memoryLog();
    const refusals = new RefusalLog(log);
    for (let n = 0; n < 150; n++) refusals.note({ code: 'UNAUTHENTICATED', requestId: String(n), address: '10.0.0.1' });
    const left = lines.map(({ refusals: number }) => Number(number ?? 0)).reduce((sum, one) => sum + one, 0);
    // On a slow machine, the loop may take more than a second.
    expect(lines.length).toBeGreaterThanOrEqual(100);
    expect(lines.length + left).toBeLessThanOrEqual(151);
  });

  it('has one line for equal refusals, and names at most a hundred groups', () => {
    const { log, lines } = memoryLog();
    const refusals = new RefusalLog(log);
    for (let n = 0; n < 240; n++) refusals.noteEqual(String(n % 120), { code: 'UNAUTHENTICATED', group: n % 120 });
    refusals.flush();
    expect(lines).toHaveLength(101);
    expect(lines[0]).toMatchObject({ code: 'UNAUTHENTICATED', group: 0, count: 2 });
    expect(lines[100]).toMatchObject({ count: 40 });
  });

  it('has one line for a sign-in, not for each request', () => {
    const { log, lines } = memoryLog();
    const signIns = new SignInLog(log);
    for (const address of ['10.0.0.1', '10.0.0.1', '10.0.0.2']) signIns.note(ada, address);
    expect(lines.map(({ msg, address }) => [msg, address])).toEqual([
      ['signed in', '10.0.0.1'],
      ['signed in', '10.0.0.2'],
    ]);
  });
});
