import 'reflect-metadata';
import { benchAbilities } from './abilities';
import { benchEvents } from './events';
import { benchEventTable } from './eventTable';
import { benchGraphs } from './graphs';
import { openBench, row } from './harness';
import { benchQueries } from './queries';
import { benchResume } from './resume';
import { benchSubscriber } from './subscriber';
import { benchIdleStart, benchThroughput } from './throughput';

/**
 * `npm run bench [-- name …]` prints figures without a verdict. Everything runs on this machine with a durable
 * PostgreSQL (fsync on), so compare only figures from the same machine.
 */
const benches = {
  throughput: benchThroughput,
  idle: benchIdleStart,
  queries: benchQueries,
  subscriber: benchSubscriber,
  events: benchEvents,
  eventTable: benchEventTable,
  abilities: benchAbilities,
  graphs: benchGraphs,
  resume: benchResume,
};

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const bench = await openBench(process.env.BENCH_DATABASE_URL);
  try {
    for (const [name, run] of Object.entries(benches)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      row(`— ${name}`, '');
      await run(bench);
    }
  } finally {
    await bench.close();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
