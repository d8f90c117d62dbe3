import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Client } from 'pg';
import { createTestDatabase } from '../../support/database';
import { freePort } from '../../support/ports';
import { property, randomness } from '../../support/property';
import { testEnvironment } from '../../support/server';
import { History, PIPELINES, pipelineShape, stepsOf } from './history';

describe('random runs, kills and clocks', () => {
  const length = Number(process.env.SAFETY_STEPS ?? 20);

  it('keep slots exclusive and in order, freezes closed and approvals given, and end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = randomness(seed);
        const shapes = Array.from({ length: PIPELINES }, () => pipelineShape(random));
        const database = await createTestDatabase();
        const dir = await mkdtemp(join(tmpdir(), 'slipway-safety-'));
        const port = await freePort();
        const witness = new Client({ connectionString: database.url });
        await witness.connect();
        const environment = {
          ...testEnvironment(database.url, dir),
          ...{ PORT: String(port), SLIPWAY_LEASE_SECONDS: '5', LOG_LEVEL: 'error' },
        };
        const history = new History(witness, environment, dir, `http://127.0.0.1:${port}`);
        try {
          await history.begin(shapes);
          for (const step of stepsOf(random, length)) await history.take(step);
          await history.settle();
          await history.model.lookBack();
          expect(history.model.violations).toEqual([]);
        } catch (error) {
          throw new Error(`${(error as Error).message}\nThe server logged: ${history.log()}`, { cause: error });
        } finally {
          await history.end();
          await witness.end();
          await database.drop();
          await rm(dir, { recursive: true, force: true });
        }
      }),
      property(1),
    );
  }, 600_000);
});
