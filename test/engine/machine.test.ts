import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { executionStatuses, isFinal } from '../../src/contract/statuses';
import { checkMove, diagramOf, machine, statusesOf, type Thing, things } from '../../src/engine/machine';

const page = readFileSync(join(__dirname, '../../docs/statuses.md'), 'utf8');
const titles: Readonly<Record<Thing, string>> = {
  run: 'Pipeline execution',
  workflow: 'Workflow execution',
  element: 'Stage element',
  task: 'Task',
  job: 'Job',
  approval: 'Approval',
  operation: 'Extension or restore',
};

describe('the status machine', () => {
  it('has every status of the API and no other', () => {
    const found = new Set((['run', 'workflow', 'element', 'task'] as const).flatMap((thing) => statusesOf(thing)));
    expect([...found].sort()).toEqual([...executionStatuses].sort());
  });

  it.each(things)('leaves every non-final status of a %s', (thing) => {
    const { begins, moves } = machine[thing] as {
      begins: readonly string[];
      moves: readonly { from: readonly string[]; to: readonly string[] }[];
    };
    const left = new Set(moves.flatMap(({ from }) => from));
    const reached = new Set([...begins, ...moves.flatMap(({ to }) => to)]);
    expect(statusesOf(thing).filter((status) => !reached.has(status))).toEqual([]);
    if (thing === 'job' || thing === 'approval' || thing === 'operation') return;
    expect(executionStatuses.filter((status) => reached.has(status) && !left.has(status) && !isFinal(status))).toEqual(
      [],
    );
  });

  it('rejects undefined moves', () => {
    expect(() => checkMove('task', 'SUCCESS', 'RUNNING')).toThrow('task: no move leads from SUCCESS to RUNNING');
    expect(() => checkMove('run', null, 'RESTORING')).toThrow('run: no move leads from nothing to RESTORING');
    expect(() => checkMove('element', 'QUEUED', 'QUEUED')).not.toThrow();
  });

  it.each(things)('is drawn in docs/statuses.md: %s', (thing) => {
    const section = page.split(`## ${titles[thing]}\n`)[1]?.split('\n## ')[0] ?? '';
    expect(section.split('```mermaid\n')[1]?.split('\n```')[0]).toBe(diagramOf(thing));
  });
});
