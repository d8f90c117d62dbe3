import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { benchAbilities } from './abilities';
import { benchEventLoad, benchEvents } from './events';
import { benchEventTable } from './eventTable';
import { benchGraphs } from './graphs';
import { type Bench, openBench, row } from './harness';
import { benchIdleAgents } from './idleAgents';
import { benchJobs } from './jobs';
import { benchMemory } from './memory';
import { benchReads } from './reads';
import { benchStarts } from './starts';
import { benchLogs } from './logs';
import { openPlace, type Place } from './place';
import { benchQueries } from './queries';
import { benchResume } from './resume';
import { benchSubscriber } from './subscriber';
import { benchIdleStart, benchThroughput } from './throughput';

/** Next to peers, in alternating rounds. */
const comparisons: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  reads: benchReads,
  starts: benchStarts,
  jobs: benchJobs,
  events: (place) => withBench(place, (bench) => benchEvents(bench, place.rounds)),
  logs: benchLogs,
  idle: benchIdleAgents,
  memory: benchMemory,
};

/** Only by name. */
const others: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  throughput: benchThroughput,
  idleStart: benchIdleStart,
  queries: benchQueries,
  subscriber: benchSubscriber,
  eventLoad: benchEventLoad,
  eventTable: benchEventTable,
  abilities: benchAbilities,
  graphs: benchGraphs,
  resume: benchResume,
};

/**
 * `npm run bench [-- name …] [--rounds 3] [--minutes 0.5]`: figures, not verdicts. Everything runs on this one machine,
 * with a durable PostgreSQL (fsync on): compare ratios of one run only.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '3' }, minutes: { type: 'string', default: '0.5' } },
  });
  const unknown = positionals.find((name) => !(name in comparisons) && !(name in others));
  if (unknown !== undefined) throw new Error(`No benchmark has the name "${unknown}". See bench/README.md.`);
  const names = positionals.length > 0 ? positionals : Object.keys(comparisons);
  const place = await openPlace({ rounds: Number(values.rounds), minutes: Number(values.minutes) });
  try {
    for (const name of names) {
      row(`— ${name}`, '');
      const other = others[name];
      if (other === undefined) await comparisons[name]?.(place);
      else await withBench(place, other);
    }
  } finally {
    await place.close();
  }
}

async function withBench(place: Place, work: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = await openBench(place);
  try {
    await work(bench);
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
