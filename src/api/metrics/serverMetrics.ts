import type { Traffic } from '../../kernel/database/traffic';
import type { Metrics } from '../../kernel/metrics';

/** Numbers of a pool of connections. */
interface PoolState {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max: number };
}

interface Parts {
  readonly pool: PoolState;
  readonly traffic: Traffic;
  /** Open streams of this process, by transport. */
  readonly streams: () => Readonly<Record<string, number>>;
}

/** Connections and streams of this process, read when they are asked for. */
export function sampleServer(metrics: Metrics, { pool, traffic, streams }: Parts): void {
  const value = (kind: 'Counter' | 'Gauge', name: string, help: string, read: () => number) =>
    metrics.sampled(kind, { name, help }, async () => [{ value: read() }]);
  metrics.sampled(
    'Gauge',
    { name: 'slipway_database_connections', help: 'Connections of the pool, by state.', labels: ['state'] },
    async () => [
      { labels: { state: 'busy' }, value: pool.totalCount - pool.idleCount },
      { labels: { state: 'idle' }, value: pool.idleCount },
    ],
  );
  value(
    'Gauge',
    'slipway_database_connections_max',
    'Largest number of connections of the pool.',
    () => pool.options.max,
  );
  value('Gauge', 'slipway_database_waiting', 'Requests that wait for a free connection.', () => pool.waitingCount);
  value('Counter', 'slipway_database_statements_total', 'Statements sent to the database.', () => traffic.statements);
  value('Counter', 'slipway_database_round_trips_total', 'Round trips to the database.', () => traffic.flushes);
  metrics.sampled(
    'Gauge',
    { name: 'slipway_streams', help: 'Open subscriptions, by transport: websocket or sse.', labels: ['transport'] },
    async () => Object.entries(streams()).map(([transport, count]) => ({ labels: { transport }, value: count })),
  );
}
