import type { Pool } from 'pg';
import { countOperations } from '../api/metrics/operationMetrics';
import { sampleServer } from '../api/metrics/serverMetrics';
import { listenForScrapes, type MetricsServer, metricsRoutes } from '../api/http/metricsRoutes';
import { FailedKeys } from '../api/http/failedKeys';
import type { GuardOptions } from '../api/http/guards';
import type { GraphqlServer } from '../api/graphql/graphqlServer';
import type { NoteOperation } from '../api/graphql/operationEnds';
import type { ServerConfig } from '../kernel/config';
import type { Database } from '../kernel/database/database';
import { createMetrics } from '../kernel/metrics';
import { StartError } from '../kernel/startError';
import type { App } from '../runs/app';
import type { RunObserver } from '../runs/events/committed';
import { sampleDatabase } from '../runs/metrics/databaseMetrics';
import { observeRuns } from '../runs/metrics/runMetrics';
import type { FastifyPluginCallback } from 'fastify';

interface Parts {
  readonly app: App;
  readonly pool: Pool;
  /** Gives up early, so that a scrape succeeds while the database does not respond. */
  readonly streamDatabase: Database;
  readonly limits: GuardOptions;
}

/** Metrics of a server that a scraper can read. */
export interface ServerMetrics {
  readonly observer: RunObserver;
  readonly note: NoteOperation;
  readonly routes: readonly FastifyPluginCallback[];
  /** Called once the GraphQL server exists. */
  sampleStreams(graphql: Pick<GraphqlServer, 'openStreams'>): void;
  /** Null without a port of its own. */
  listen(): Promise<MetricsServer | null>;
}

/** Undefined if metrics are off: neither a port nor a token is configured. */
export async function createServerMetrics(parts: Parts): Promise<ServerMetrics | undefined> {
  const { app, pool, streamDatabase, limits } = parts;
  const { SLIPWAY_METRICS_PORT: port, SLIPWAY_METRICS_TOKEN: token, HOST: host } = app.config;
  if (port === undefined && token === undefined) return undefined;
  const metrics = await createMetrics();
  sampleDatabase(metrics, streamDatabase, app.clock);
  const failed = new FailedKeys('failed metrics tokens', limits.clock, limits.counts, limits.onFailure);
  return {
    observer: observeRuns(metrics),
    note: countOperations(metrics),
    routes: token === undefined ? [] : [metricsRoutes(metrics, token, failed)],
    sampleStreams: ({ openStreams }) =>
      sampleServer(metrics, { pool, traffic: app.database.traffic, streams: () => openStreams }),
    listen: async () =>
      port === undefined ? null : await listen(() => listenForScrapes(metrics, port, host), app.config),
  };
}

async function listen<T>(open: () => Promise<T>, { SLIPWAY_METRICS_PORT: port }: ServerConfig): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    throw new StartError(`SLIPWAY_METRICS_PORT: this user can’t listen on ${port} (${code}). Set it to a free port.`);
  }
}
