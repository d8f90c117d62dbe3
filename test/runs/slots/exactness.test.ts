import { randomUUID } from 'node:crypto';
import type { SlotChanges } from '../../../src/engine/changes';
import { sqlState } from '../../../src/kernel/database/database';
import { moveSlots } from '../../../src/runs/slots/slots.store';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: ship
environment: staging
services: [web]
tasks: { deploy: { run: "true", deploys: true } }
`;

describe('slots under load', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  it('are never more than the limit: 200 claimers, limit 4, 50 groups', async () => {
    const { database } = server.app;
    const none = { taken: [], waiting: [], freed: [] } satisfies SlotChanges;
    const move = (change: Partial<SlotChanges>) =>
      database
        .transaction((db) => moveSlots(db, { ...none, ...change }, new Date()))
        .then(() => true)
        .catch((error: unknown) => {
          if (sqlState(error) === 'SL001') return false;
          throw error;
        });
    let [got, refused, most] = [0, 0, 0];
    const claim = async (claimer: number) => {
      for (let turn = 0; turn < 2; turn++) {
        const [holderId, runId] = [randomUUID(), randomUUID()];
        // Several groups in different orders: a transaction takes all of them, or none.
        const groups = [claimer % 50, (claimer * 7 + turn) % 50].filter(
          (one, index, all) => all.indexOf(one) === index,
        );
        const needs = groups.map((n) => ({ key: `group ${n}`, limit: 4, policy: 'QUEUE' as const, name: '' }));
        const holder = { holderId, runId, executionId: runId, stageExecutionId: null, operationId: null };
        if (await move({ taken: [{ ...holder, environmentId: null, assumed: false, replaces: null, needs }] })) got++;
        else refused++;
        const rows = await database.rows<{ n: number }>(
          'SELECT count(*)::int AS n FROM slot GROUP BY group_key ORDER BY 1 DESC LIMIT 1',
        );
        most = Math.max(most, rows[0]?.n ?? 0);
        if (turn === 0 && claimer % 3 === 0) await move({ freed: [holderId] });
      }
    };
    await Promise.all(Array.from({ length: 200 }, (_, claimer) => claim(claimer)));
    expect(most).toBe(4);
    expect({ all: got + refused, some: refused > 0 }).toEqual({ all: 400, some: true });
    await database.rows('DELETE FROM slot');
  });

  it('go to one of many starts at once, and then to each in turn', async () => {
    const start = () => runs.start('workflow', 'ship', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
    const ids = await Promise.all(Array.from({ length: 12 }, start));
    const running = () =>
      server.app.database.rows<{ n: number }>(
        `SELECT count(DISTINCT execution_id)::int AS n FROM job WHERE status IN ('QUEUED', 'RUNNING')`,
      );
    const all = async () => {
      expect((await running())[0]?.n).toBeLessThanOrEqual(1);
      return (await Promise.all(ids.map((id) => runs.is(id, 'SUCCESS')))).every(Boolean);
    };
    const done = await agent.work(all);
    expect(new Set(done.map(({ executionId }) => executionId))).toEqual(new Set(ids));
    const asked = await server.app.database.rows<{ id: string }>(
      `SELECT execution_id AS id FROM deployment ORDER BY number`,
    );
    expect(asked).toHaveLength(12);
    expect(await server.app.database.rows('SELECT FROM slot UNION ALL SELECT FROM begin_wait')).toEqual([]);
  });
});
