import { systemActor } from '../../../src/access/actor';
import type { ExecutionEventData } from '../../../src/engine/executionEvent';
import { inRuns } from '../../../src/runs/execution/inRuns';
import { DEPLOY } from '../../support/definitions';
import { APP } from '../../support/runs';
import type { TestServer } from '../../support/server';
import { testWorld, type World } from '../../support/world';

/**
 * A workflow that stays busy while a test works on it, a single task, a task that no agent runs, and a pipeline with an
 * approval.
 */
export const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: busy
tasks:
${Array.from({ length: 40 }, (_, n) => `  t${n}: { run: "true" }`).join('\n')}
---
kind: Workflow
application: app
name: one
tasks:
  only: { run: "true" }
---
kind: Workflow
application: app
name: idle
tasks:
  never: { run: "true", labels: { os: none } }
${DEPLOY}---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: build, workflow: one }]
  - elements: [{ name: gate, approval: { approvers: [Managers], timeout: 1h } }]
  - elements: [{ name: deploy, workflow: deploy }]
`;

export const eventsWorld = (): World => testWorld(DEFINITIONS, { agent: { name: 'worker', slots: 100 } });

/** A transaction that already has its number, but writes and commits only on request. */
export async function beginLate({ app }: Pick<TestServer, 'app'>, runId: string): Promise<{ commit(): Promise<void> }> {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let done: Promise<void> = Promise.resolve();
  await new Promise<void>((begun, failed) => {
    done = inRuns(app, [], systemActor, async (db) => {
      await db.rows('SELECT pg_current_xact_id()');
      begun();
      await held;
      await db.rows('SELECT FROM execution WHERE id = $1 FOR NO KEY UPDATE', [runId]);
      db.event({ runId, executionId: runId }, 'ABORT_REQUESTED', { reason: 'late' });
    });
    done.catch(failed);
  });
  return {
    commit() {
      letGo();
      return done;
    },
  };
}

/** Writes events of a run as a command does, without any other effect, as many and as fast as a test wants. */
export function note(
  { app }: Pick<TestServer, 'app'>,
  run: { readonly runId: string; readonly executionId?: string },
  count = 1,
): Promise<void> {
  const data: ExecutionEventData['ABORT_REQUESTED'] = { reason: 'x'.repeat(200) };
  return inRuns(app, [run.runId], systemActor, async (db) => {
    for (let n = 0; n < count; n++) db.event({ executionId: run.runId, ...run }, 'ABORT_REQUESTED', data);
  });
}
