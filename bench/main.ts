import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { benchAbilities } from './abilities';
import { benchEvents } from './events';
import { benchEventTable } from './eventTable';
import { benchGraphs } from './graphs';
import { openBench, row } from './harness';
import { benchIdleAgents } from './idleAgents';
import { benchJobs } from './jobs';
import { benchStarts } from './starts';
import { benchLogs } from './logs';
import { openPlace, type Place } from './place';
import { benchQueries } from './queries';
import { benchResume } from './resume';
import { benchSubscriber } from './subscriber';
import { benchIdleStart, benchThroughput } from './throughput';

/**
 * `npm run bench [-- name …]`: figures, not verdicts. Everything runs on this one machine, with a durable PostgreSQL
 * (fsync on): compare figures of the same machine only.
 */
const benches = {
  throughput: benchThroughput,
  idleStart: benchIdleStart,
  queries: benchQueries,
  subscriber: benchSubscriber,
  events: benchEvents,
  eventTable: benchEventTable,
  abilities: benchAbilities,
  graphs: benchGraphs,
  resume: benchResume,
};

/** Each measures a server process next to a peer, in alternating rounds. */
const comparisons: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  starts: benchStarts,
  jobs: benchJobs,
  logs: benchLogs,
  idle: benchIdleAgents,
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '3' }, minutes: { type: 'string', default: '0.5' } },
  });
  const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);
  const place = await openPlace({ rounds: Number(values.rounds), minutes: Number(values.minutes) });
  try {
    for (const [name, run] of Object.entries(comparisons)) {
      if (!wanted(name)) continue;
      row(`— ${name}`, '');
      await run(place);
    }
    const others = Object.entries(benches).filter(([name]) => wanted(name));
    if (others.length === 0) return;
    const bench = await openBench(place);
    try {
      for (const [name, run] of others) {
        row(`— ${name}`, '');
        await run(bench);
      }
    } finally {
      await bench.close();
    }
  } finally {
    await place.close();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
