import { join } from 'node:path';
import { Abilities } from '../access/abilities';
import { RIGHTS_CHANGED } from '../access/changeRights';
import { KnownCallers } from '../access/knownCallers';
import { IdentityProvider, type IdentityProviderOptions } from '../access/identityProvider';
import { WebSignIn } from '../access/webSignIn';
import { TrustedIssuers } from '../access/trust/trustedIssuers';
import type { Pool } from 'pg';
import type { App } from '../runs/app';
import { Contents } from '../runs/contents/contents';
import type { ContentStore } from '../runs/contents/contentStore';
import { DiskStore } from '../runs/contents/diskStore';
import { systemClock } from '../kernel/clock';
import type { ServerConfig } from '../kernel/config';
import { Database } from '../kernel/database/database';
import { Outgoing } from '../kernel/outgoing/outgoing';
import { Signing } from '../kernel/database/signing';
import { createPool } from '../kernel/database/pool';
import { createTracing } from '../kernel/tracing';
import { Traffic } from '../kernel/database/traffic';
import { migrate } from './migrate';
import { patiently, schemaFault } from './startFaults';
import { NatsWakeups } from '../kernel/database/natsWakeups';
import { PostgresWakeups } from '../kernel/database/postgresWakeups';
import { ProcessWakeups, type WakeupTransport } from '../kernel/database/wakeups';
import { RevisionCache } from '../catalog/definitions/revisionCache';
import type { RunObserver } from '../runs/events/committed';
import { createEventFeeds } from '../runs/events/eventFeeds';
import { LogFeed } from '../runs/logs/logFeed';
import { createQueueFeed } from '../runs/queue/queueFeed';
import { KnownJobs } from '../runs/queue/knownJobs';
import { RequirementClasses } from '../runs/queue/requirementClasses';
import type { Log } from '../kernel/log';
import { traceRuns } from '../runs/traces/traceRuns';
import { pipelines } from '../catalog/pipelines/pipelines';
import { SecretKeys } from '../catalog/secrets/secretKeys';
import { workflows } from '../catalog/workflows/workflows';
import { AgentNotes } from '../runs/agents/agentNotes';

/** A busy database may take this long for a short read. */
const LEAST_PATIENCE_MS = 3_000;

/** Migrates the database at `url`, connects to it, and creates everything that the parts of the server share. */
export async function createApp(
  config: ServerConfig,
  log: Log,
  url: string,
): Promise<{ app: App; pool: Pool; streamDatabase: Database; observers: RunObserver[]; close(): Promise<void> }> {
  const connect = (attempt: () => Promise<unknown>) => patiently('DATABASE_URL', url, config, log, attempt);
  const migrations = await migrate(url, connect).catch((error: unknown) => {
    throw schemaFault(error);
  });
  if (migrations.length > 0) log.info({ migrations }, 'database schema updated');
  const pool = createPool(url, config.DATABASE_POOL, log);
  const wakeups = new ProcessWakeups(wakeupTransport(config, url, log));
  const close = async () => {
    await wakeups.stop();
    await pool.end();
  };
  try {
    const { EVENTS_URL: events } = config;
    if (events === undefined) await wakeups.start();
    else await patiently('EVENTS_URL', events, config, log, () => wakeups.start());
  } catch (error) {
    await close();
    throw error;
  }
  const knownCallers = new KnownCallers(systemClock);
  wakeups.onSignal(RIGHTS_CHANGED, () => knownCallers.forget());
  const database = new Database(pool, wakeups, new Traffic(config.SLIPWAY_PREPARED));
  const streamDatabase = database.impatient(Math.max(LEAST_PATIENCE_MS, 2.5 * config.SLIPWAY_POLL_MS));
  const tracing = (await createTracing('slipway', config, log)) ?? null;
  const observers: RunObserver[] = [];
  const onLive = (at: Date) => {
    if (observers.length === 0) return;
    const ms = systemClock.now().getTime() - at.getTime();
    for (const observer of observers) observer.lagged(ms);
  };
  const contents = new Contents(database, await contentStore(config), incomingFolder(config), systemClock);
  const app: App = {
    config,
    log,
    clock: systemClock,
    database,
    outgoing: new Outgoing(config.SLIPWAY_OUTGOING_ALLOW),
    workflowRevisions: new RevisionCache(workflows),
    pipelineRevisions: new RevisionCache(pipelines),
    contents,
    signing: new Signing(database, config.SLIPWAY_SECRET_KEY ?? []),
    // Uses the stream database, because every stream waits for these reads.
    abilities: new Abilities(streamDatabase, systemClock),
    knownCallers,
    identityProvider: identityProviderOf(config),
    webSignIn: webSignInOf(config),
    trustedIssuers: new TrustedIssuers(
      {
        clockToleranceSeconds: config.SLIPWAY_OIDC_CLOCK_TOLERANCE_SECONDS,
        allowHttp: config.SLIPWAY_TRUST_HTTP_ISSUERS,
      },
      systemClock,
    ),
    requirementClasses: new RequirementClasses(),
    knownJobs: new KnownJobs(),
    agentNotes: new AgentNotes(database, systemClock, log),
    secretKeys: new SecretKeys(config.SLIPWAY_SECRET_KEY ?? [], secretKeyFile(config)),
    tracing,
    observers,
    faults: new Map(),
    feeds: {
      ...createEventFeeds(streamDatabase, config.SLIPWAY_POLL_MS, log, onLive),
      queue: createQueueFeed(streamDatabase, config.SLIPWAY_POLL_MS, systemClock, log),
      logs: new LogFeed({ database: streamDatabase, contents }, config.SLIPWAY_POLL_MS, log),
    },
  };
  if (tracing !== null) observers.push(traceRuns(app, tracing));
  return {
    app,
    pool,
    streamDatabase,
    observers,
    async close() {
      await app.agentNotes.flush();
      await app.outgoing.close();
      contents.close();
      await close();
      // Last, because stopping the other parts may still create spans.
      await tracing?.stop();
    },
  };
}

const contentFolder = (config: ServerConfig): string => join(config.SLIPWAY_DATA_DIR, 'artifacts');
/** Folder of content that is still arriving, in the same file system as stored content. */
export const incomingFolder = (config: ServerConfig): string => join(contentFolder(config), 'incoming');

export async function contentStore(config: ServerConfig): Promise<ContentStore> {
  const { SLIPWAY_S3_BUCKET: bucket, SLIPWAY_S3_REGION: region, SLIPWAY_S3_PREFIX: prefix } = config;
  if (bucket === undefined) return new DiskStore(contentFolder(config));
  const { SLIPWAY_S3_ACCESS_KEY_ID: accessKeyId, SLIPWAY_S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  // Loaded when it is needed: the SDK takes longer to load than the rest of the server.
  const { S3Store } = await import('../runs/contents/s3Store.js');
  return new S3Store({ bucket, region, prefix, endpoint: config.SLIPWAY_S3_ENDPOINT, credentials });
}

/**
 * With an embedded database, the server keeps the secret key next to it. The key of a shared database must not be in a
 * file of one server.
 */
export const secretKeyFile = (config: ServerConfig): string | null =>
  config.DATABASE_URL === undefined ? join(config.SLIPWAY_DATA_DIR, 'secret.key') : null;

function identityProviderOf(config: ServerConfig): IdentityProvider | null {
  const { SLIPWAY_OIDC_AUDIENCE: audience } = config;
  const issuer = issuerOptions(config);
  return issuer === null || audience === undefined ? null : new IdentityProvider({ ...issuer, audience }, systemClock);
}

function webSignInOf(config: ServerConfig): WebSignIn | null {
  const { SLIPWAY_OIDC_CLIENT_ID: clientId, SLIPWAY_OIDC_CLIENT_SECRET: clientSecret } = config;
  const issuer = issuerOptions(config);
  if (issuer === null || clientId === undefined) return null;
  const scopes = config.SLIPWAY_OIDC_SCOPES;
  return new WebSignIn({ ...issuer, clientId, scopes, ...(clientSecret && { clientSecret }) }, systemClock);
}

function issuerOptions(config: ServerConfig): Omit<IdentityProviderOptions, 'audience'> | null {
  const { SLIPWAY_OIDC_ISSUER: issuer, SLIPWAY_OIDC_JWKS_URL: jwksUrl } = config;
  if (issuer === undefined) return null;
  const { SLIPWAY_OIDC_GROUPS_CLAIM: groupsClaim } = config;
  const clockToleranceSeconds = config.SLIPWAY_OIDC_CLOCK_TOLERANCE_SECONDS;
  return { issuer, clockToleranceSeconds, ...(jwksUrl && { jwksUrl }), ...(groupsClaim && { groupsClaim }) };
}

/** Transport that servers wake each other with. Undefined if they rely on polling. */
function wakeupTransport(config: ServerConfig, url: string, log: Log): WakeupTransport | undefined {
  if (config.EVENTS_URL !== undefined) return new NatsWakeups({ url: config.EVENTS_URL, log });
  return config.SLIPWAY_NOTIFY ? new PostgresWakeups({ url, log }) : undefined;
}
