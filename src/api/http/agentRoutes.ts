import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { App } from '../../runs/app';
import { findArtifact } from '../../runs/artifacts/artifacts.store';
import { sendArtifact } from './sendArtifact';
import { Batch } from '../../kernel/batch';
import { topic } from '../../kernel/database/wakeups';
import { addArtifact, requireLease } from '../../runs/artifacts/artifactUpload';
import { describeJobs } from '../../runs/queue/describeJobs';
import { type FinishAnswer, finishJobs, type JobResult } from '../../runs/queue/finishJobs';
import { startJobs } from '../../runs/queue/startJobs';
import { readJson, sendJson } from './httpErrors';
import type { Exchange, Route } from './httpServer';
import { hashSecret, isId } from '../../kernel/ids';
import type { ClaimDesk } from '../../runs/queue/claim';
import { appendLog } from '../../runs/logs/jobLogs.store';
import { type Claim, findOffersOf, renewLeases, withdrawOffers } from '../../runs/queue/jobs.store';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { Agent } from '../../contract/labels';
import { noteLeft, noteSeen } from '../../runs/agents/agents.store';
import { authenticateAgent, registerAgent } from '../../runs/agents/agentTokens';
import { AgentGuard } from './guardAgents';

const PREFIX = '/agent/v1/';
const LIMIT_SMALL = 1024 ** 2;
const LOG_MAX_BYTES = 1024 ** 2;
const CLAIM_WAIT_MS = 20_000;
const SEEN_PERIOD_MS = 10_000;
const MAX_BATCH = 200;

const id = z.string().refine(isId, 'must be an id');
const label = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^=,\s]+$/, 'must have no "=", "," or white space');
const claim = z.object({ jobId: id, token: z.string().min(1).max(200) });
const waitMs = z.number().int().min(0).max(60_000);
const registration = z.object({
  name: z.string().trim().min(1).max(100),
  labels: z.record(label, label).default({}),
  slots: z.number().int().min(1).max(1000),
  version: z.string().max(100).nullish(),
});
const claimRequest = z.object({ slots: z.number().int().min(1).max(1000), waitMs });
const startRequest = z.object({ jobs: z.array(claim).max(1000) });
const renewRequest = z.object({ jobs: z.array(claim).max(1000), waitMs });
const result = claim.extend({
  exitCode: z.number().int().min(-2147483648).max(2147483647).nullable(),
  signal: z.string().max(20).nullable(),
  reason: z.string().max(50).nullable(),
  message: z.string().max(10_000).nullable(),
  logBytes: z.number().int().min(0).nullable(),
  outputs: z
    .array(z.object({ name: z.string().max(1000), value: z.string() }))
    .max(1000)
    .default([]),
});
const finishRequest = z.object({ results: z.array(result).max(1000) });
const frame = z.object({
  stream: z.enum(['stdout', 'stderr']),
  at: z.iso.datetime({ offset: true }),
  text: z.string(),
});
const logRequest = z.object({ offset: z.number().int().min(0), frames: z.array(frame).max(10_000) });

/** The server's side of the protocol that README.md of this room describes. */
export class AgentRoutes implements Route {
  private readonly guard: AgentGuard;
  private readonly starts: Batch<Claim, boolean>;
  private readonly finishes: Batch<JobResult, FinishAnswer>;

  constructor(
    private readonly app: App,
    private readonly desk: ClaimDesk,
  ) {
    this.guard = new AgentGuard(app.config.SLIPWAY_AGENT_RATE_PER_SECOND, app.clock);
    this.starts = new Batch(async (claims) => {
      const started = await startJobs(app, claims);
      return claims.map((one) => started.has(one.jobId));
    }, MAX_BATCH);
    this.finishes = new Batch((results) => finishJobs(app, results), MAX_BATCH);
  }

  match(_method: string, path: string): boolean {
    return path.startsWith(PREFIX);
  }

  async handle(req: IncomingMessage, res: ServerResponse, exchange: Exchange): Promise<void> {
    const [verb = '', jobId = '', part = '', ...rest] = exchange.path.slice(PREFIX.length).split('/');
    const method = req.method ?? '';
    const { address } = exchange.request;
    this.guard.admit(bearer(req), address);
    if (method === 'POST' && jobId === '') {
      if (verb === 'register') return this.register(req, res, exchange);
      const agent = await this.agent(req, address);
      if (verb === 'claim') return this.claim(req, res, exchange, agent);
      if (verb === 'start') return this.start(req, res);
      if (verb === 'renew') return this.renew(req, res, exchange, agent);
      if (verb === 'finish') return this.finish(req, res);
      if (verb === 'leave') return this.leave(res, agent);
    }
    if (verb === 'jobs' && jobId !== '') {
      const held = heldClaim(req, jobId);
      if (method === 'POST' && part === 'log' && rest.length === 0) return this.log(req, res, held);
      if (method === 'PUT' && part === 'artifacts' && rest.length === 1)
        return this.upload(req, res, held, rest[0] ?? '');
      if (method === 'GET' && part === 'artifacts' && rest.length === 1) return this.download(res, held, rest[0] ?? '');
    }
    throw new Refusal('NOT_FOUND', `The agent protocol has no ${method} ${exchange.path}.`);
  }

  private async register(req: IncomingMessage, res: ServerResponse, exchange: Exchange): Promise<void> {
    const token = bearer(req);
    const given = check(registration, await readJson(req, LIMIT_SMALL));
    const { request } = exchange;
    const made = await this.guard.judge(token, request.address, () =>
      registerAgent(this.app, token, { ...given, version: given.version ?? null }, request),
    );
    const leaseMs = this.app.config.SLIPWAY_LEASE_SECONDS * 1000;
    this.app.log.info(
      { agent: made.agent.name, agentId: made.agent.id, labels: made.agent.labels },
      'agent registered',
    );
    sendJson(res, 201, {
      agentId: made.agent.id,
      token: made.token,
      settings: {
        claimWaitMs: CLAIM_WAIT_MS,
        leaseMs,
        renewMs: Math.min(15_000, Math.floor(leaseMs / 4)),
        logFlushMs: 250,
        logMaxBytes: LOG_MAX_BYTES,
      },
    });
  }

  private async agent(req: IncomingMessage, address: string): Promise<Agent> {
    const token = bearer(req);
    const agent = await this.guard.judge(token, address, () => authenticateAgent(this.app, token));
    const now = this.app.clock.now();
    if (agent.leftAt !== null || now.getTime() - agent.lastSeenAt.getTime() > SEEN_PERIOD_MS) {
      await noteSeen(this.app.database, agent.id, now);
    }
    return agent;
  }

  private async claim(req: IncomingMessage, res: ServerResponse, exchange: Exchange, agent: Agent): Promise<void> {
    const { slots, waitMs: wait } = check(claimRequest, await readJson(req, LIMIT_SMALL));
    const until = AbortSignal.any([exchange.draining, exchange.request.signal, AbortSignal.timeout(wait)]);
    const jobs = await this.desk.claim(agent.id, agent.labels, slots, until);
    if (jobs.length === 0) return noContent(res);
    // Nobody is there to take them any more: another agent need not wait until the offers run out.
    if (exchange.request.signal.aborted) return this.takeBack(jobs.map((job) => job.jobId));
    const tokens = new Map(jobs.map((job) => [job.jobId, job.token]));
    const described = await describeJobs(
      this.app,
      jobs.map((job) => job.jobId),
    );
    sendJson(res, 200, { jobs: described.map((job) => ({ ...job, token: tokens.get(job.jobId) })) });
  }

  private async start(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { jobs } = check(startRequest, await readJson(req, LIMIT_SMALL));
    const answers = await Promise.all(jobs.map((job) => this.starts.add(toClaim(job))));
    sendJson(res, 200, {
      jobs: jobs.map(({ jobId }, index) =>
        answers[index] ? { jobId, ok: true } : { jobId, ok: false, ...staleClaim },
      ),
    });
  }

  private async renew(req: IncomingMessage, res: ServerResponse, exchange: Exchange, agent: Agent): Promise<void> {
    const { jobs, waitMs: wait } = check(renewRequest, await readJson(req, LIMIT_SMALL));
    const claims = jobs.map(toClaim);
    const until = AbortSignal.any([exchange.draining, exchange.request.signal, AbortSignal.timeout(wait)]);
    const listener = this.app.database.wakeups.listen([topic.agent(agent.id)]);
    try {
      for (;;) {
        const leaseUntil = new Date(this.app.clock.now().getTime() + this.app.config.SLIPWAY_LEASE_SECONDS * 1000);
        const held = new Map((await renewLeases(this.app.database, claims, leaseUntil)).map((job) => [job.jobId, job]));
        const wanted = jobs.some(({ jobId }) => held.get(jobId)?.cancel !== false);
        if (wanted || until.aborted) {
          return sendJson(res, 200, {
            jobs: jobs.map(({ jobId }) => {
              const job = held.get(jobId);
              if (job === undefined) return { jobId, action: 'drop', graceMs: 0 };
              return { jobId, action: job.cancel ? 'cancel' : 'continue', graceMs: job.graceMs };
            }),
          });
        }
        await listener.wait(this.app.config.SLIPWAY_POLL_MS, until);
      }
    } finally {
      listener.close();
    }
  }

  private async finish(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { results } = check(finishRequest, await readJson(req, 16 * LIMIT_SMALL));
    const answers = await Promise.all(results.map((one) => this.finishes.add({ ...one, ...toClaim(one) })));
    sendJson(res, 200, {
      results: results.map(({ jobId }, index) => {
        const refusal = answers[index] ?? null;
        if (refusal === null) return { jobId, ok: true };
        return { jobId, ok: false, code: refusal.code, message: refusal.message, ...refusal.details };
      }),
    });
  }

  private async takeBack(jobIds: readonly string[]): Promise<void> {
    if (jobIds.length === 0) return;
    await withdrawOffers(this.app.database, jobIds);
    this.app.database.wakeups.signal([topic.queue]);
  }

  private async leave(res: ServerResponse, agent: Agent): Promise<void> {
    await this.takeBack(await findOffersOf(this.app.database, agent.id));
    await noteLeft(this.app.database, agent.id, this.app.clock.now());
    this.app.log.info({ agent: agent.name, agentId: agent.id }, 'agent left');
    noContent(res);
  }

  private async log(req: IncomingMessage, res: ServerResponse, held: Claim): Promise<void> {
    const piece = check(logRequest, await readJson(req, 8 * LOG_MAX_BYTES));
    const limit = this.app.config.SLIPWAY_MAX_LOG_BYTES;
    const offset = await appendLog(this.app.database, held.jobId, held.tokenHash, piece, limit);
    this.app.database.wakeups.signal([topic.log(held.jobId)]);
    sendJson(res, 200, { offset });
  }

  private async upload(req: IncomingMessage, res: ServerResponse, held: Claim, encodedName: string): Promise<void> {
    const sha256 = req.headers['x-slipway-sha256'];
    const artifact = {
      name: decode(encodedName),
      size: Number(req.headers['content-length'] ?? Number.NaN),
      sha256: typeof sha256 === 'string' ? sha256 : '',
    };
    const { artifactId, created } = await addArtifact(this.app, held, artifact, req);
    sendJson(res, created ? 201 : 200, { artifactId });
  }

  private async download(res: ServerResponse, held: Claim, artifactId: string): Promise<void> {
    const { runId } = await requireLease(this.app.database, held);
    const artifact = isId(artifactId) ? await findArtifact(this.app.database, artifactId) : undefined;
    if (artifact === undefined || artifact.runId !== runId) throw notFound('artifact', artifactId);
    await sendArtifact(this.app, res, artifact);
  }
}

const staleClaim = { code: 'STALE_CLAIM', message: 'This claim of the job is over.' };
const toClaim = (job: { jobId: string; token: string }): Claim => ({
  jobId: job.jobId,
  tokenHash: hashSecret(job.token),
});

function bearer(req: IncomingMessage): string {
  const token = /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1];
  if (token === undefined) throw new Refusal('UNAUTHENTICATED', 'Send a token as "Authorization: Bearer <token>".');
  return token;
}

function heldClaim(req: IncomingMessage, jobId: string): Claim {
  if (!isId(jobId)) throw notFound('job', jobId);
  return { jobId, tokenHash: hashSecret(bearer(req)) };
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    const message = 'The artifact’s name is not percent-encoded UTF-8.';
    throw invalidInput([{ field: 'name', value: name, rule: 'ENCODING', message }]);
  }
}

function check<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidInput(
    parsed.error.issues.map((issue) => {
      const field = issue.path.join('.') || 'body';
      return { field, value: null, rule: issue.code, message: `${field}: ${issue.message}` };
    }),
  );
}

function noContent(res: ServerResponse): void {
  res.writeHead(204);
  res.end();
}
