import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify';
import {
  claimRequest,
  finishRequest,
  type HeldClaim,
  type LoadSample,
  logRequest,
  logsRequest,
  registerRequest,
  renewRequest,
  startRequest,
} from '../../contract/agentProtocol';
import { type Agent, isPaused } from '../../contract/labels';
import { jobReport } from '../../contract/jobReport';
import { Batch } from '../../kernel/batch';
import { topic } from '../../kernel/database/wakeups';
import { notFound, Refusal, staleClaim } from '../../kernel/errors';
import { hashSecret, isId } from '../../kernel/ids';
import { noteLeft } from '../../runs/agents/agents.store';
import { type Registration, registerAgent } from '../../runs/agents/agentTokens';
import { KnownAgents, ordersOf } from '../../runs/agents/knownAgents';
import type { App } from '../../runs/app';
import { artifactToken } from '../../runs/artifacts/jobArtifacts';
import { addReport } from '../../runs/reports/addReport';
import { type Appended, appendLogs, type LogAppend } from '../../runs/logs/appendLogs.store';
import type { ClaimDesk } from '../../runs/queue/claim';
import { describeJobs } from '../../runs/queue/describeJobs';
import { type FinishAnswer, finishJobs, type JobResult } from '../../runs/queue/finishJobs';
import { withdrawOffers } from '../../runs/queue/enqueue.store';
import { type Claim, expireLeases, findOffersOf, renewLeases } from '../../runs/queue/jobs.store';
import { startJobs } from '../../runs/queue/startJobs';
import { requireBearer } from './credentials';
import type { AgentGuard } from './guards';
import { pathOf } from './httpErrors';
import { jobArtifacts } from './jobArtifactRoutes';
import { jobCaches } from './jobCacheRoutes';
import { parseJson, type ZodTypes } from './requestBodies';
import type { z } from 'zod';

const MIB = 1024 ** 2;
const CLAIM_WAIT_MS = 30_000;
/** Together with the way to the server and to a follower, output is shown within 250 ms. */
const LOG_FLUSH_MS = 150;
const MAX_BATCH = 200;
/** Pieces of logs in one statement, and their bytes. */
const MAX_LOG_BATCH = 128;
const MAX_LOG_BATCH_BYTES = 4 * MIB;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by routes that require an agent token. */
    agent: Agent;
  }
}

/** Server side of the protocol described in AGENTS.md. */
export const agentRoutes =
  (app: App, desk: ClaimDesk, guard: AgentGuard): FastifyPluginCallback =>
  (server, _options, done) => {
    server.register(
      (routes, _, registered) => {
        routes.decorateRequest('agent');
        routes.addHook('onRequest', async (request) => guard.admit(tokenOf(request), request.info.address));
        routes.setNotFoundHandler(({ method, url }) => {
          throw new Refusal('NOT_FOUND', `The agent protocol has no ${method} ${pathOf(url)}.`);
        });
        routes.register(async (plugin) => register(plugin, app, guard));
        const append = createAppend(app);
        routes.register(async (plugin) => agentVerbs(plugin, app, desk, guard, append));
        routes.register(async (plugin) => jobVerbs(plugin, app, append));
        routes.register(async (plugin) => {
          jobArtifacts(plugin, app);
          jobCaches(plugin, app);
        });
        registered();
      },
      { prefix: '/agent/v1' },
    );
    done();
  };

function register(server: FastifyInstance, app: App, guard: AgentGuard): void {
  parseJson(server, '*');
  server
    .withTypeProvider<ZodTypes>()
    .post('/register', { schema: { body: registerRequest } }, async (request, reply) => {
      const { body, info } = request;
      const token = tokenOf(request);
      const made = await guard.judge(token, info.address, () => registerAgent(app, token, registrationOf(body), info));
      const { id: agentId, name, labels, clockSkewMs } = made.agent;
      app.log.info({ agent: name, agentId, labels }, 'agent registered');
      if (Math.abs(clockSkewMs ?? 0) > NOTABLE_SKEW_MS) {
        app.log.warn({ agent: name, agentId, clockSkewMs }, 'the clock of this agent is wrong; the server’s counts');
      }
      const leaseMs = app.config.SLIPWAY_LEASE_SECONDS * 1000;
      const renewMs = Math.min(15_000, Math.floor(leaseMs / 4));
      const logs = { logFlushMs: LOG_FLUSH_MS, logMaxBytes: MIB, logData: true };
      const settings = { claimWaitMs: CLAIM_WAIT_MS, leaseMs, renewMs, ...logs };
      const now = app.clock.now();
      const agent = ordersOf(made.agent, now);
      return reply.code(201).send({ agentId, token: made.token, settings, agent, now: now.toISOString() });
    });
}

/** A clock that is off by less is not worth a warning. */
const NOTABLE_SKEW_MS = 60_000;

const registrationOf = ({ now, version, host, ...body }: z.output<typeof registerRequest>): Registration => ({
  ...body,
  version: version ?? null,
  host: host ?? null,
  now: now == null ? null : new Date(now),
});

/** Calls that require the agent token. */
function agentVerbs(server: FastifyInstance, app: App, desk: ClaimDesk, guard: AgentGuard, append: Append): void {
  const { database, config, clock, log } = app;
  const starts = new Batch<Claim, boolean>(async (claims) => {
    const started = await startJobs(app, claims);
    return claims.map((one) => started.has(one.jobId));
  }, MAX_BATCH);
  const finishes = new Batch<JobResult, FinishAnswer>((results) => finishJobs(app, results), MAX_BATCH);

  const known = new KnownAgents(app);
  server.addHook('onClose', () => known.close());
  server.addHook('onRequest', async (request) => {
    const token = tokenOf(request);
    const agent = await guard.judge(token, request.info.address, () => known.authenticate(token));
    await known.heardFrom(agent);
    request.agent = agent;
  });
  parseJson(server, '*');
  const routes = server.withTypeProvider<ZodTypes>();
  const until = ({ info }: FastifyRequest, ms: number) =>
    AbortSignal.any([server.draining, info.signal, AbortSignal.timeout(ms)]);

  async function takeBack(jobIds: readonly string[]): Promise<void> {
    if (jobIds.length === 0) return;
    await withdrawOffers(database, jobIds);
    database.wakeups.signal([topic.queue]);
  }

  /** Waits for jobs, or for news about the agent, which is answered at once if the agent understands it. */
  routes.post('/claim', { schema: { body: claimRequest } }, async (request, reply) => {
    const { body, info } = request;
    takeSample(request.agent, body.sample);
    const { agent, changed } = known.current(request.agent);
    const knows = body.revision ?? null;
    const tells = () => {
      const current = known.current(agent).agent;
      return knows === null || current.revision === knows ? undefined : ordersOf(current, clock.now());
    };
    const early = tells();
    if (early !== undefined) return { jobs: [], agent: early };
    const over = knows === null ? until(request, body.waitMs) : AbortSignal.any([until(request, body.waitMs), changed]);
    if (!takesJobs(agent)) {
      await untilAborted(AbortSignal.any([over, untilResumed(agent)]));
      const orders = tells();
      return orders === undefined ? reply.code(204).send() : { jobs: [], agent: orders };
    }
    const claimed = await desk.claim(agent, body.slots, over);
    const orders = tells();
    if (claimed.length === 0) return orders === undefined ? reply.code(204).send() : { jobs: [], agent: orders };
    const rows = claimed.map(({ row }) => row);
    // The agent is gone. Return its offers now, so that other agents need not wait until they expire.
    if (info.signal.aborted) return takeBack(rows.map(({ jobId }) => jobId));
    const tokens = new Map(claimed.map(({ row, token }) => [row.jobId, token]));
    const described = await describeJobs(app, rows, agent.labels);
    const jobs = described.map(async (job) => {
      const token = tokens.get(job.jobId) ?? '';
      return { ...job, token, artifactToken: await artifactToken(app, toClaim({ jobId: job.jobId, token })) };
    });
    return { jobs: await Promise.all(jobs), agent: orders };
  });

  const takesJobs = (agent: Agent) =>
    agent.drainingAt === null && agent.removedAt === null && !isPaused(agent, clock.now());

  /** Aborts when the pause ends. */
  const untilResumed = ({ pausedUntil }: Agent): AbortSignal =>
    pausedUntil === null
      ? new AbortController().signal
      : AbortSignal.timeout(Math.min(CLAIM_WAIT_MS, Math.max(0, pausedUntil.getTime() - clock.now().getTime()) + 1));

  const takeSample = (agent: Agent, sample: LoadSample | null | undefined) => {
    if (sample != null) app.agentNotes.sample({ ...sample, agentId: agent.id, at: clock.now() });
  };

  routes.post('/start', { schema: { body: startRequest } }, async ({ body: { jobs } }) => {
    const started = await Promise.all(toClaims(jobs).map((claim) => starts.add(claim)));
    return {
      jobs: jobs.map(({ jobId }, index) => (started[index] ? { jobId, ok: true } : refusedEntry(jobId, staleClaim()))),
    };
  });

  routes.post('/renew', { schema: { body: renewRequest } }, async (request) => {
    const { jobs, waitMs, revision: knows = null, sample } = request.body;
    takeSample(request.agent, sample);
    const claims = toClaims(jobs);
    const { agent: current, changed } = known.current(request.agent);
    const news = knows === null ? [] : [current.revision === knows ? changed : AbortSignal.abort()];
    const over = AbortSignal.any([until(request, waitMs), ...news]);
    const listener = database.wakeups.listen([topic.agent(request.agent.id)]);
    try {
      for (;;) {
        const leaseUntil = new Date(clock.now().getTime() + config.SLIPWAY_LEASE_SECONDS * 1000);
        const held = new Map((await renewLeases(database, claims, leaseUntil)).map((job) => [job.jobId, job]));
        if (over.aborted || jobs.some(({ jobId }) => held.get(jobId)?.cancel !== false)) {
          // A removal ends claims, so the same response must contain the reason.
          const dropped = knows !== null && held.size < jobs.length;
          const agent = dropped ? await known.fresh(request.agent) : known.current(request.agent).agent;
          return {
            ...(knows !== null && agent.revision !== knows && { agent: ordersOf(agent, clock.now()) }),
            jobs: jobs.map(({ jobId }) => {
              const job = held.get(jobId);
              if (job === undefined) return { jobId, action: 'drop', graceMs: 0 };
              return { jobId, action: job.cancel ? 'cancel' : 'continue', graceMs: job.graceMs };
            }),
          };
        }
        await listener.wait(config.SLIPWAY_POLL_MS, over);
      }
    } finally {
      listener.close();
    }
  });

  routes.post('/finish', { schema: { body: finishRequest }, bodyLimit: 16 * MIB }, async ({ body: { results } }) => {
    const claims = toClaims(results);
    const answers = await Promise.all(
      results.map((one, index) => finishes.add({ ...one, tokenHash: claims[index]?.tokenHash ?? '' })),
    );
    return {
      results: results.map(({ jobId }, index) => {
        const refusal = answers[index] ?? null;
        return refusal === null ? { jobId, ok: true } : refusedEntry(jobId, refusal);
      }),
    };
  });

  routes.post('/logs', { schema: { body: logsRequest }, bodyLimit: 16 * MIB }, async ({ body: { logs } }) => {
    const claims = toClaims(logs);
    return {
      logs: await Promise.all(
        logs.map(async ({ jobId, offset, frames, sha256 }, index) => {
          const piece = { offset, frames, sha256 };
          const end = await append({ jobId, tokenHash: claims[index]?.tokenHash ?? '', piece });
          return end instanceof Refusal ? refusedEntry(jobId, end) : { jobId, ok: true, offset: end };
        }),
      ),
    };
  });

  routes.post('/leave', async ({ agent }, reply) => {
    await takeBack(await findOffersOf(database, agent.id));
    await expireLeases(database, agent.id, clock.now());
    await noteLeft(database, agent.id, clock.now());
    known.left(agent);
    log.info({ agent: agent.name, agentId: agent.id }, 'agent left');
    return reply.code(204).send();
  });
}

interface JobParams {
  readonly jobId: string;
}

type Append = (append: LogAppend) => Promise<number | Refusal>;

const sizeOfAppend = ({ piece }: LogAppend): number =>
  piece.frames.reduce((sum, { text, data }) => sum + text.length + (data?.length ?? 0), 0);

/** Appends to logs, and wakes their followers. Shared by all routes, so that their pieces share statements. */
function createAppend(app: App): Append {
  const { database, feeds } = app;
  const appends = new Batch<LogAppend, Appended | Refusal>(
    (batch) => appendLogs(database, batch, app.config.SLIPWAY_MAX_LOG_BYTES),
    MAX_LOG_BATCH,
    { weigh: sizeOfAppend, heaviest: MAX_LOG_BATCH_BYTES },
  );
  return async (append) => {
    const appended = await appends.add(append);
    if (appended instanceof Refusal) return appended;
    const { jobId, piece } = append;
    if (appended.firstLine !== null) feeds.logs.add(jobId, piece, appended.firstLine);
    database.wakeups.signal([topic.log(jobId)]);
    return appended.offset;
  };
}

function jobVerbs(server: FastifyInstance, app: App, append: Append): void {
  parseJson(server, '*');
  server
    .withTypeProvider<ZodTypes>()
    .post('/jobs/:jobId/report', { schema: { body: jobReport }, bodyLimit: 8 * MIB }, async (request, reply) => {
      await addReport(app, claimOf(request), request.body);
      return reply.code(204).send();
    });
  server
    .withTypeProvider<ZodTypes>()
    .post('/jobs/:jobId/log', { schema: { body: logRequest }, bodyLimit: 8 * MIB }, async (request) => {
      const { jobId, tokenHash } = claimOf(request);
      const offset = await append({ jobId, tokenHash, piece: request.body });
      if (offset instanceof Refusal) throw offset;
      return { offset };
    });
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

const refusedEntry = (jobId: string, { code, message, details }: Refusal) => {
  return { jobId, ok: false, code, message, ...details };
};
const toClaim = ({ jobId, token }: HeldClaim): Claim => ({ jobId, tokenHash: hashSecret(token) });

/** All jobs of one claim share a token. */
function toClaims(held: readonly HeldClaim[]): Claim[] {
  const hashes = new Map<string, string>();
  return held.map(({ jobId, token }) => {
    const tokenHash = hashes.get(token) ?? hashSecret(token);
    hashes.set(token, tokenHash);
    return { jobId, tokenHash };
  });
}

const tokenOf = ({ headers }: FastifyRequest): string => requireBearer(headers);

function claimOf(request: FastifyRequest): Claim {
  const { jobId } = request.params as JobParams;
  if (!isId(jobId)) throw notFound('job', jobId);
  return toClaim({ jobId, token: tokenOf(request) });
}
