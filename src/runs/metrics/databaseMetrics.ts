import { delayCodes } from '../../engine/beginning';
import { agentStates, OFFLINE_AFTER_MS } from '../../contract/labels';
import type { Clock } from '../../kernel/clock';
import type { Database } from '../../kernel/database/database';
import type { Metrics, Sampled } from '../../kernel/metrics';
import { valuesOf } from '../../kernel/fields';
import { offCode } from '../eventSubscriptions/eventSubscriptions';
import { findSample, type Sample } from './sample.store';

/** Time for which all scrapers share one read of the database. */
const FRESH_MS = 5_000;
/** Number of sets of labels that are reported individually, longest wait first. The others count as `other`. */
const MOST_QUEUES = 50;

/**
 * Metrics of the whole installation, the same on every server. They are read at a scrape, at most every five seconds.
 * While the database does not respond, they are missing, and `slipway_database_up` is 0.
 */
export function sampleDatabase(metrics: Metrics, database: Database, clock: Clock): void {
  let last: { readonly at: number; readonly sample: Promise<Sample> } | undefined;
  const sample = () => {
    const at = performance.now();
    if (last === undefined || at - last.at >= FRESH_MS) {
      const now = clock.now();
      const fresh = findSample(database, now, new Date(now.getTime() - OFFLINE_AFTER_MS));
      last = { at, sample: fresh };
      fresh.catch(() => undefined);
    }
    return last.sample;
  };
  const gauge = (
    name: string,
    help: string,
    read: (sample: Sample) => readonly Sampled[],
    labels: readonly string[] = [],
  ) => metrics.sampled('Gauge', { name, help, labels }, async () => read(await sample()));

  metrics.sampled(
    'Gauge',
    { name: 'slipway_database_up', help: '1 if the last look at the database succeeded, otherwise 0.' },
    () =>
      sample().then(
        () => [{ value: 1 }],
        () => [{ value: 0 }],
      ),
  );
  const queue = (name: string, help: string, field: 'jobs' | 'seconds' | 'agents') =>
    gauge(name, help, ({ queues }) => byLabels(queues, field), ['labels']);
  queue('slipway_queue_jobs', 'Jobs that wait for an agent, by the labels that they require.', 'jobs');
  queue('slipway_queue_oldest_seconds', 'Time for which the oldest of them has waited.', 'seconds');
  queue('slipway_queue_agents', 'Agents online that have these labels. At 0, the jobs wait for nobody.', 'agents');
  gauge('slipway_jobs_offered', 'Jobs that were offered to an agent and have not started.', ({ offered }) => [
    { value: offered },
  ]);
  gauge('slipway_jobs_running', 'Jobs that run on agents.', ({ running }) => [{ value: running }]);
  gauge(
    'slipway_agents',
    'Agents that have not left, by state: ONLINE, BUSY, PAUSED, DRAINING or LOST.',
    ({ agents }) =>
      each(
        'state',
        agentStates.filter((state) => state !== 'LEFT'),
        agents,
      ),
    ['state'],
  );
  gauge('slipway_agent_slots', 'Jobs that the agents online can run at the same time.', ({ agentSlots }) => [
    { value: agentSlots },
  ]);
  gauge('slipway_slots_held', 'Slots of environments and concurrency groups that are held.', ({ slotsHeld }) => [
    { value: slotsHeld },
  ]);
  gauge(
    'slipway_begin_waiting',
    'Elements and runs that may not begin yet, by reason.',
    ({ waits }) => each('reason', delayCodes, waits),
    ['reason'],
  );
  gauge(
    'slipway_begin_waiting_oldest_seconds',
    'Time for which the oldest of them has waited.',
    ({ waits }) => waits.map(({ label, seconds }) => ({ labels: { reason: label }, value: seconds })),
    ['reason'],
  );
  gauge(
    'slipway_executions_open',
    'Runs that have not ended, by kind and status.',
    ({ executions }) => executions.map(({ kind, label, count }) => ({ labels: { kind, status: label }, value: count })),
    ['kind', 'status'],
  );
  gauge('slipway_approvals_waiting', 'Approvals that wait for a decision.', ({ approvals }) => [
    { value: approvals.count },
  ]);
  gauge('slipway_approvals_oldest_seconds', 'Time for which the oldest of them has waited.', ({ approvals }) => [
    { value: approvals.seconds },
  ]);
  gauge(
    'slipway_trigger_firings_pending',
    'Events at triggers without an outcome, also those whose start is tried again later.',
    ({ firings }) => [{ value: firings.count }],
  );
  gauge('slipway_trigger_firings_oldest_seconds', 'Age of the oldest of them.', ({ firings }) => [
    { value: firings.seconds },
  ]);
  gauge(
    'slipway_trigger_firings_late_seconds',
    'Time since the next try of one of them was due. It grows if no server carries out firings.',
    ({ firings }) => [{ value: firings.late }],
  );
  gauge('slipway_deliveries_pending', 'Events that enabled subscriptions have not delivered.', ({ deliveries }) => [
    { value: deliveries.count },
  ]);
  gauge('slipway_deliveries_oldest_seconds', 'Age of the oldest of them.', ({ deliveries }) => [
    { value: deliveries.seconds },
  ]);
  gauge(
    'slipway_event_subscriptions',
    'Event subscriptions: ENABLED, or the reason why they are turned off.',
    ({ subscriptions }) => each('state', ['ENABLED', ...valuesOf(offCode)], subscriptions),
    ['state'],
  );
  gauge(
    'slipway_event_horizon_seconds',
    'Age of the oldest transaction that writes. Streams over all runs show nothing that is newer.',
    ({ horizonSeconds }) => [{ value: horizonSeconds }],
  );
}

/** Zero for what is known and absent, so that a graph falls to zero instead of ending. */
const each = (name: string, known: readonly string[], counts: readonly { label: string; count: number }[]): Sampled[] =>
  known.map((label) => ({ labels: { [name]: label }, value: counts.find((one) => one.label === label)?.count ?? 0 }));

function byLabels(queues: Sample['queues'], field: 'jobs' | 'seconds' | 'agents'): Sampled[] {
  const shown = queues.slice(0, MOST_QUEUES).map((one) => ({
    labels: { labels: one.labels.join(',') },
    value: one[field],
  }));
  const rest = queues.slice(MOST_QUEUES).map((one) => one[field]);
  if (rest.length === 0) return shown;
  const value =
    field === 'jobs'
      ? rest.reduce((sum, one) => sum + one, 0)
      : field === 'seconds'
        ? Math.max(...rest)
        : Math.min(...rest);
  return [...shown, { labels: { labels: 'other' }, value }];
}
