import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { benchAbilities } from './abilities';
import { benchEventLoad, benchEvents } from './events';
import { benchEventTable } from './eventTable';
import { benchGraphs } from './graphs';
import { type Bench, openBench, row } from './harness';
import { benchHooks } from './hooks';
import { benchIdleAgents } from './idleAgents';
import { benchJobs } from './jobs';
import { benchMemory } from './memory';
import { benchQueue } from './queue';
import { benchHistory, benchReads } from './reads';
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
  queue: benchQueue,
  events: inProcess((bench, { rounds }) => benchEvents(bench, rounds)),
  logs: benchLogs,
  idle: benchIdleAgents,
  memory: benchMemory,
};

/** Only by name. */
const others: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  hooks: benchHooks,
  history: benchHistory,
  throughput: inProcess(benchThroughput),
  idleStart: inProcess(benchIdleStart),
  queries: inProcess(benchQueries),
  subscriber: inProcess(benchSubscriber),
  eventLoad: inProcess(benchEventLoad),
  eventTable: inProcess(benchEventTable),
  abilities: inProcess(benchAbilities),
  graphs: inProcess(benchGraphs),
  resume: inProcess(benchResume),
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
      await (comparisons[name] ?? others[name])?.(place);
    }
  } finally {
    await place.close();
  }
}

/** A measurement whose server runs in this process. */
function inProcess(work: (bench: Bench, place: Place) => Promise<void>): (place: Place) => Promise<void> {
  return async (place) => {
    const bench = await openBench(place);
    try {
      await work(bench, place);
    } finally {
      await bench.close();
    }
  };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
