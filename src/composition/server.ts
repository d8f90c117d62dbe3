import { join } from 'node:path';
import type { GraphQLSchema } from 'graphql';
import { createMissingKey, ensureConfiguredKey } from '../access/administratorKey';
import { auditTransactions } from '../access/audit/audited';
import { AuditSealer } from '../access/audit/sealer';
import { authenticate, renewActor } from '../access/authenticate';
import type { Actor } from '../access/actor';
import { rightsKey } from '../access/rightsKey';
import { firstGenSchema } from '../api/firstgen/dialect';
import { translateError } from '../api/firstgen/messages';
import { firstGenRoutes } from '../api/firstgen/restRoutes';
import { auditMutations } from '../api/graphql/auditMutations';
import type { Context } from '../api/graphql/context';
import { createGraphqlServer } from '../api/graphql/graphqlServer';
import { KnownOperations } from '../api/graphql/knownOperations';
import { logRefusals } from '../api/graphql/logRefusals';
import { resolvers } from '../api/graphql/resolvers';
import { buildGraphqlSchema, schemaText } from '../api/graphql/schema';
import { agentRoutes } from '../api/http/agentRoutes';
import { artifactRoutes } from '../api/http/artifactRoutes';
import { exportRoutes } from '../api/http/exportRoutes';
import { logRoutes } from '../api/http/logRoutes';
import { FailedLogins } from '../api/http/failedLogins';
import { traceOperations } from '../api/traces/traceOperations';
import { AgentGuard, guardCallers } from '../api/http/guards';
import { HookGate } from '../api/http/hookGate';
import { hookRoutes } from '../api/http/hookRoutes';
import { createHttpServer } from '../api/http/httpServer';
import { RateLimit } from '../api/http/rateLimit';
import { RefusalLog } from '../api/http/refusalLog';
import { SignInLog } from '../api/http/signInLog';
import { traceOf } from '../api/http/requestTrace';
import { schemaRoutes } from '../api/http/schemaRoutes';
import { signInRoutes } from '../api/http/signInRoutes';
import { trustRoutes } from '../api/http/trustRoutes';
import { findOperationText } from '../catalog/operations/registeredOperations.store';
import type { ServerConfig } from '../kernel/config';
import { databaseCounts } from '../kernel/database/sharedCounts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../kernel/embedded/embeddedPostgres';
import { Loaders } from '../kernel/loaders';
import type { Log } from '../kernel/log';
import type { App } from '../runs/app';
import { adoptRestored } from '../runs/eventSubscriptions/adoptRestored';
import { upkeepOf } from '../runs/upkeep';
import { Deliverer } from '../runs/eventSubscriptions/deliverer';
import { ExportWriter } from '../runs/exports/exportWriter';
import { ClaimDesk } from '../runs/queue/claim';
import { advanceRestores } from '../runs/restores/advanceRestores';
import { Sweeper } from '../runs/sweep';
import { HookDesk } from '../runs/triggers/hookDesk';
import manifest from '../../schema/operations.json';
import { createApp } from './createApp';
import { checkHealth } from './health';
import { operationTexts } from './operationTexts';
import { createServerMetrics } from './metrics';
import { listenFault, requireDataDir } from './startFaults';

export interface RunningServer {
  readonly app: App;
  readonly url: string;
  readonly sweeper: Sweeper;
  /** URL of the metrics, if they have a port of their own. */
  readonly metricsUrl: string | null;
  /** The administrator's key, if this start created one. */
  readonly newAdminKey: string | null;
  /** Rejects new requests, finishes those in progress, stops the loops, and closes the database, in this order. */
  stop(): Promise<void>;
  /** Rejects if the embedded database stops unexpectedly. */
  readonly failed: Promise<void>;
}

/** Starts all parts in order. If a step fails, stops those that already started. */
export async function startServer(config: ServerConfig, log: Log): Promise<RunningServer> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) await next();
  };
  try {
    await requireDataDir(config);
    const embedded = config.DATABASE_URL === undefined ? await startEmbedded(config, log) : undefined;
    if (embedded !== undefined) stops.push(() => embedded.stop());
    const { app, pool, streamDatabase, observers, close } = await createApp(
      config,
      log,
      config.DATABASE_URL ?? embedded?.url ?? '',
    );
    stops.push(close);
    auditTransactions(app.database, app.clock);
    const sealer = new AuditSealer(app);
    stops.push(() => sealer.stop());
    const failedLogins = new FailedLogins(app);
    stops.push(() => failedLogins.flush());
    const adopted = await adoptRestored(app.database);
    if (adopted > 0)
      log.info({ events: adopted }, 'adopted events of another database: this one was restored from a dump');
    await ensureConfiguredKey(app);
    const sweeper = new Sweeper(app, advanceRestores);
    stops.push(() => sweeper.stop());
    const upkeep = upkeepOf(app);
    stops.push(() => upkeep.stop());
    const deliverer = new Deliverer(app);
    stops.push(() => deliverer.stop());
    const exportWriter = new ExportWriter(app);
    stops.push(() => exportWriter.stop());
    const desk = new ClaimDesk(app);
    stops.push(() => desk.close());
    const impatient = { ...app, database: streamDatabase };
    const signIns = new SignInLog(log);
    const limits = {
      clock: app.clock,
      counts: databaseCounts(app.database, log),
      onFailure: (address: string) => failedLogins.note(address),
      onSuccess: (actor: Actor, address: string) => signIns.note(actor, address),
    };
    const rate = { perSecond: config.SLIPWAY_RATE_PER_SECOND, burst: config.SLIPWAY_RATE_BURST };
    const guarded = guardCallers(({ key }) => authenticate(impatient, key), rate, limits);
    const agentGuard = new AgentGuard(config.SLIPWAY_AGENT_RATE_PER_SECOND, limits);
    const hooks = new HookDesk(app);
    stops.push(() => hooks.flush());
    const hookGate = new HookGate(app, hooks);
    stops.push(() => hookGate.close());
    const hookRate = config.SLIPWAY_HOOK_RATE_PER_SECOND;
    const hookLimit = new RateLimit(
      'hooks',
      { perSecond: hookRate, burst: hookRate * 10 },
      app.clock,
      limits.counts,
      'This webhook',
    );
    const metrics = await createServerMetrics({ app, pool, streamDatabase, limits });
    if (metrics !== undefined) observers.push(metrics.observer);
    const { tracing } = app;
    const notes = [
      logRefusals(new RefusalLog(log)),
      ...(metrics ? [metrics.note] : []),
      ...(tracing ? [traceOperations(tracing, app.clock)] : []),
    ];
    const graphql = createGraphqlServer<Context>({
      schema: publicSchema(),
      dialect: { paths: FIRSTGEN_PATHS, schema: publicFirstGenSchema, translate: translateError },
      log,
      authenticate: guarded,
      introspection: config.SLIPWAY_INTROSPECTION,
      limits: { maxDepth: config.SLIPWAY_MAX_QUERY_DEPTH, maxCost: config.SLIPWAY_MAX_QUERY_COST },
      maxSubscriptions: config.SLIPWAY_MAX_SUBSCRIPTIONS,
      renew: (actor, since) => renewActor(impatient, actor, since),
      streamDatabase,
      rightsKey,
      operations: new KnownOperations({
        texts: operationTexts(config.SLIPWAY_OPERATIONS_DIR),
        find: (hash) => findOperationText(app.database, hash),
        registeredOnly: config.SLIPWAY_OPERATIONS === 'registered',
      }),
      note: (end) => {
        for (const note of notes) note(end);
      },
      createContext: (request, actor, database) => {
        const own = database === undefined ? app : { ...app, database };
        return { request, actor, app: own, loaders: new Loaders(own) };
      },
    });
    metrics?.sampleStreams(graphql);
    const http = createHttpServer({
      config,
      log,
      graphql,
      routes: [
        ...[
          agentRoutes(app, desk, agentGuard),
          artifactRoutes(app, guarded),
          logRoutes(app, guarded),
          exportRoutes(app),
          trustRoutes(app, rate, limits),
          signInRoutes(app, rate, limits),
        ],
        schemaRoutes({
          sdl: config.SLIPWAY_INTROSPECTION ? () => schemaText(publicSchema()) : null,
          operations: manifest,
        }),
        hookRoutes(app, hooks, hookGate, hookLimit),
        firstGenRoutes(app, guarded),
        ...(metrics?.routes ?? []),
      ],
      health: { check: () => checkHealth(app) },
      front: (request, address) => hookGate.answer(request, address),
      ...(tracing && { trace: (headers) => traceOf(tracing, headers) }),
    });
    sealer.start();
    sweeper.start();
    upkeep.start();
    deliverer.start();
    exportWriter.start();
    desk.start();
    const { url } = await http.listen().catch((error: unknown) => {
      throw listenFault(error, config);
    });
    stops.push(() => http.drain(config.SLIPWAY_DRAIN_SECONDS));
    const scrapes = (await metrics?.listen()) ?? null;
    if (scrapes !== null) stops.push(() => scrapes.close());
    const newAdminKey = await createMissingKey(app);
    const metricsUrl = scrapes?.url ?? null;
    return {
      app,
      url,
      metricsUrl,
      sweeper,
      newAdminKey,
      stop,
      failed: embedded?.exited ?? new Promise<void>(() => undefined),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Shared by all servers of a process. */
let schema: GraphQLSchema | undefined;
const publicSchema = () => (schema ??= auditMutations(buildGraphqlSchema(resolvers)));
let dialect: GraphQLSchema | undefined;
const publicFirstGenSchema = () => (dialect ??= firstGenSchema(publicSchema()));

const FIRSTGEN_PATHS = ['/api/graphql', '/gateway/api/graphql'];

function startEmbedded(config: ServerConfig, log: Log): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir: join(config.SLIPWAY_DATA_DIR, 'postgres'), log });
}
