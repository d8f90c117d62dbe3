// Long because it has every call of the protocol, with what is repeated and what an error means.
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import {
  artifactsResponse,
  type AgentIdentity,
  type AgentOrders,
  type AgentSettings,
  type ClaimedJob,
  claimResponse,
  type EntryAnswer,
  finishResponse,
  type HeldClaim,
  type JobInput,
  type JobResult,
  logResponse,
  logsResponse,
  PROTOCOL,
  type RenewedJob,
  registerResponse,
  renewResponse,
  startResponse,
} from '../contract/agentProtocol';
import type { JobReport } from '../contract/jobReport';
import { Batch } from '../kernel/batch';
import type { Log } from '../kernel/log';
import { backOff, persist } from './backoff';
import { type HttpAnswer, type HttpCall, HttpClient, ServerRefusal, ServerUnavailable } from './httpClient';
import { type Clock, systemClock } from '../kernel/clock';
import { MachineLoad } from './machineLoad';

const ANSWER_MS = 30_000;
const SILENCE_MS = 60_000;
/** Limits of a request with pieces of several logs. Many proxies reject more than 1 MiB. */
const LOGS_BYTES = 1_000_000;
const LOGS = 100;
/** Requests in progress, if there is more than one can hold: the server works on one while others are on their way. */
const LANES = 3;
/** Job and token of a piece, with room to spare. */
const ENTRY_BYTES = 200;

/** A piece of a job's log on its way to the server. */
interface Piece {
  readonly job: HeldClaim;
  /** JSON of an append. */
  readonly body: string;
  /** Sends it in a request of its own. */
  send(): Promise<number>;
}

const sizeOfPiece = ({ body }: Piece): number => Buffer.byteLength(body) + ENTRY_BYTES;

/** New end of a log, or why the piece was rejected. */
type Appended = { readonly offset: number } | { readonly error: unknown };

const REMOVED = 'AGENT_REMOVED';

/** News about the agent itself that responses bring. */
export interface Hear {
  orders(orders: AgentOrders): void;
  /** A person has removed the agent: its token is void. */
  removal(): void;
  /** Time of the server's clock. */
  time(now: Date): void;
}

/** The server rejects this agent permanently. */
export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused';
}

/**
 * The calls of the protocol. Calls with the agent token register again if the server does not know the token. `claim`
 * and `start` repeat until the server responds; `renew`, `finish` and `appendLog` make one attempt each, because their
 * callers must check the state of their jobs before a retry.
 */
export class ProtocolClient {
  private readonly http: HttpClient;
  private agentToken: string | undefined;
  private registration: Promise<AgentSettings> | undefined;
  private reachable = true;
  /** Pieces of logs that are ready while others are being sent share the next request. */
  private readonly pieces = new Batch<Piece, Appended>((pieces) => this.appendAll(pieces), LOGS, {
    weigh: sizeOfPiece,
    heaviest: LOGS_BYTES,
    lanes: LANES,
  });
  private readonly load = new MachineLoad();
  /** Last revision of its orders that this agent knows. Undefined if the server is too old to have any. */
  private revision: number | undefined;
  /** False once the server turned out to be too old for pieces of several logs. */
  private takesSeveral = true;

  constructor(
    private readonly url: string,
    private readonly registrationToken: string,
    private readonly identity: AgentIdentity,
    private readonly log: Log,
    private readonly clock: Clock = systemClock,
    private readonly hear: Partial<Hear> = {},
  ) {
    this.http = new HttpClient(url);
  }

  /** Repeats until the server answers. Throws RegistrationRefused. */
  async register(signal: AbortSignal): Promise<AgentSettings> {
    try {
      const answer = await persist(signal, () =>
        this.post('/register', this.registrationToken, this.introduction(), signal, (body) =>
          check(registerResponse, body),
        ),
      );
      this.agentToken = answer.token;
      this.revision = undefined;
      if (answer.now !== undefined) this.hear.time?.(new Date(answer.now));
      this.obey(answer.agent);
      this.log.info({ agentId: answer.agentId }, `registered at ${this.url} as ${this.identity.name}`);
      return answer.settings;
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
      throw new RegistrationRefused(`${this.url} rejected this agent: ${error.code}: ${error.message}`);
    }
  }

  private introduction(): AgentIdentity {
    return { ...this.identity, protocol: PROTOCOL, now: this.clock.now().toISOString() };
  }

  /** What every call that waits for news sends. */
  private news() {
    return { revision: this.revision, sample: this.load.take() };
  }

  private obey(orders: AgentOrders | undefined): void {
    if (orders === undefined || orders.revision === this.revision) return;
    this.revision = orders.revision;
    this.hear.orders?.(orders);
  }

  claim(slots: number, waitMs: number, signal: AbortSignal): Promise<readonly ClaimedJob[]> {
    return persist(signal, () =>
      this.asAgent('/claim', { slots, waitMs, ...this.news() }, signal, waitMs + ANSWER_MS, (body) => {
        if (body === undefined) return [];
        const { jobs, agent } = check(claimResponse, body);
        this.obey(agent);
        return jobs;
      }),
    );
  }

  /** `sentAt` is the time at which the successful attempt was sent: the leases count at least from then. */
  start(jobs: readonly HeldClaim[], signal: AbortSignal): Promise<Timed<EntryAnswer>> {
    return persist(signal, () =>
      this.asAgent('/start', { jobs }, signal, ANSWER_MS, (body, sentAt) => ({
        answers: check(startResponse, body).jobs,
        sentAt,
      })),
    );
  }

  renew(jobs: readonly HeldClaim[], waitMs: number, answerMs: number, signal: AbortSignal): Promise<Timed<RenewedJob>> {
    return this.asAgent('/renew', { jobs, waitMs, ...this.news() }, signal, waitMs + answerMs, (body, sentAt) => {
      const { jobs: answers, agent } = check(renewResponse, body);
      this.obey(agent);
      return { answers, sentAt };
    });
  }

  finish(results: readonly JobResult[], signal: AbortSignal): Promise<readonly EntryAnswer[]> {
    return this.asAgent('/finish', { results }, signal, ANSWER_MS, (body) => check(finishResponse, body).results);
  }

  async leave(signal: AbortSignal): Promise<void> {
    // An agent that the server does not know has already left.
    if (this.agentToken === undefined) return;
    try {
      await this.post('/leave', this.agentToken, {}, signal, () => undefined);
    } catch (error) {
      if (!(error instanceof ServerRefusal && error.code === REMOVED)) throw error;
    }
  }

  /** The calls of one job with its claim token. `stale` is called when the server reports that the claim has ended. */
  jobClient(job: HeldClaim, stale: (message: string) => void): JobClient {
    return new JobClient({
      server: this.url,
      watch: (call) => this.watch(call),
      http: this.http,
      job,
      stale,
      share: (piece) => this.pieces.add(piece),
    });
  }

  private async appendAll(pieces: readonly Piece[]): Promise<Appended[]> {
    if (pieces.length === 1 || !this.takesSeveral) {
      return Promise.all(
        pieces.map((piece) =>
          piece.send().then(
            (offset) => ({ offset }),
            (error: unknown) => ({ error }),
          ),
        ),
      );
    }
    try {
      return await this.appendSeveral(pieces);
    } catch (error) {
      if (!(error instanceof ServerRefusal)) return pieces.map(() => ({ error }));
      if (error.status === 404) this.takesSeveral = false;
      // One piece that the server can't read must not block the others.
      return this.inHalves(pieces);
    }
  }

  private async inHalves(pieces: readonly Piece[]): Promise<Appended[]> {
    const middle = Math.ceil(pieces.length / 2);
    const first = await this.appendAll(pieces.slice(0, middle));
    return [...first, ...(await this.appendAll(pieces.slice(middle)))];
  }

  private async appendSeveral(pieces: readonly Piece[]): Promise<Appended[]> {
    const entries = pieces.map(({ job: { jobId, token }, body }) => {
      return `${JSON.stringify({ jobId, token }).slice(0, -1)},${body.slice(1)}`;
    });
    const { signal } = new AbortController();
    const body = `{"logs":[${entries.join(',')}]}`;
    const answers = await this.asAgent('/logs', body, signal, ANSWER_MS, (answer) => check(logsResponse, answer).logs);
    return pieces.map(({ job }, index): Appended => {
      const answer = answers[index];
      if (answer?.jobId !== job.jobId) return { error: new ServerUnavailable('the response lacks a job') };
      if (answer.ok && answer.offset !== undefined) return { offset: answer.offset };
      const { code = 'INTERNAL', message = 'rejected', offset } = answer;
      return { error: new ServerRefusal(code === 'TOO_LARGE' ? 413 : 409, code, message, offset) };
    });
  }

  close(): void {
    this.http.close();
  }

  private async asAgent<T>(
    path: string,
    body: object | string,
    signal: AbortSignal,
    timeoutMs: number,
    read: (body: unknown, sentAt: number) => T,
  ): Promise<T> {
    for (let refusals = 0; ; refusals++) {
      signal.throwIfAborted();
      const token = this.agentToken ?? '';
      try {
        return await this.post(path, token, body, signal, read, timeoutMs);
      } catch (error) {
        if (error instanceof ServerRefusal && error.code === REMOVED) this.hear.removal?.();
        if (!(error instanceof ServerRefusal) || error.status !== 401) throw error;
        if (refusals > 0) await backOff(refusals, signal);
        if (token === this.agentToken) await this.registerAgain(signal);
      }
    }
  }

  /** Many calls may find at the same time that the token is unknown; one of them registers. */
  private async registerAgain(signal: AbortSignal): Promise<void> {
    this.registration ??= this.register(signal).finally(() => {
      this.registration = undefined;
    });
    await this.registration;
  }

  private post<T>(
    path: string,
    token: string,
    body: object | string,
    signal: AbortSignal,
    read: (body: unknown, sentAt: number) => T,
    timeoutMs = ANSWER_MS,
  ): Promise<T> {
    return this.watch(async () => {
      const sentAt = performance.now();
      const answer = await this.http.json({
        method: 'POST',
        path,
        token,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        signal,
        timeoutMs,
      });
      return read(answer.body, sentAt);
    });
  }

  /** Logs once that the server is unreachable and once that it is back, for any number of calls and retries. */
  private async watch<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      if (!this.reachable) this.log.info(`${this.url} answers again`);
      this.reachable = true;
      return answer;
    } catch (error) {
      if (error instanceof ServerUnavailable) {
        if (this.reachable) this.log.warn(`${this.url} can’t be reached (${error.message}), trying again until it can`);
        this.reachable = false;
      }
      throw error;
    }
  }
}

/** Entries of a response, and the time at which its request was sent. */
interface Timed<T> {
  readonly answers: readonly T[];
  readonly sentAt: number;
}

interface JobCalls {
  /** URL of the server. */
  readonly server: string;
  readonly watch: <T>(call: () => Promise<T>) => Promise<T>;
  readonly http: HttpClient;
  readonly job: HeldClaim;
  /** Called when the server reports that the claim has ended. */
  readonly stale: (message: string) => void;
  readonly share: (piece: Piece) => Promise<Appended>;
}

/** The calls of one job. Each makes one attempt. */
export class JobClient {
  private readonly server: string;
  private readonly path: string;
  private readonly watch: JobCalls['watch'];
  private readonly http: HttpClient;
  private readonly job: HeldClaim;
  private readonly stale: JobCalls['stale'];
  private readonly share: JobCalls['share'];

  constructor({ server, watch, http, job, stale, share }: JobCalls) {
    this.server = server;
    this.watch = watch;
    this.http = http;
    this.job = job;
    this.stale = stale;
    this.share = share;
    this.path = `/jobs/${encodeURIComponent(job.jobId)}`;
  }

  /** Returns the new end of the log. */
  appendLog(body: string, signal: AbortSignal): Promise<number> {
    const send = async () => {
      const answer = await this.call({ method: 'POST', path: '/log', body, signal, timeoutMs: ANSWER_MS }, true);
      return check(logResponse, answer.body).offset;
    };
    return this.noticeStale(async () => {
      const appended = await orAborted(this.share({ job: this.job, body, send }), signal);
      if ('error' in appended) throw appended.error;
      return appended.offset;
    }, true);
  }

  /** Variables with which the command uploads and downloads files itself. */
  forCommand(token: string | null): Record<string, string> {
    return token === null ? {} : { SLIPWAY_JOB_URL: this.server, SLIPWAY_JOB_TOKEN: token };
  }

  async sendReport(report: JobReport, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(report);
    const call = { method: 'POST', path: '/report', body, signal, timeoutMs: ANSWER_MS } as const;
    await persist(signal, () => this.call(call, false));
  }

  /** Sends the content of an artifact from an offset to its end. */
  async sendArtifact(artifact: SentArtifact, from: number, body: Readable, signal: AbortSignal): Promise<void> {
    const headers = {
      ...announce(artifact),
      'content-type': 'application/octet-stream',
      'content-length': artifact.size - from,
      'upload-offset': from,
    };
    const path = `/artifacts/${encodeURIComponent(artifact.name)}`;
    try {
      await this.call({ method: 'PATCH', path, headers, body, signal, timeoutMs: SILENCE_MS }, true);
    } catch (error) {
      // Another request of this upload came first, or bytes got lost: continue from where the server is.
      const isBehind = error instanceof ServerRefusal && error.code === 'UPLOAD_GAP';
      throw isBehind ? new ServerUnavailable(error.message, { cause: error }) : error;
    }
  }

  /** Number of bytes of an artifact that the server has. */
  async artifactOffset(artifact: SentArtifact, signal: AbortSignal): Promise<number> {
    const path = `/artifacts/${encodeURIComponent(artifact.name)}`;
    const call = { method: 'HEAD', path, headers: announce(artifact), signal, timeoutMs: ANSWER_MS } as const;
    const { headers } = await this.noticeStale(async () => {
      try {
        return await this.call(call, true);
      } catch (error) {
        // A response to HEAD has no body, so no code; this is the only conflict.
        if (!(error instanceof ServerRefusal && error.status === 409)) throw error;
        throw new ServerRefusal(409, 'STALE_CLAIM', 'This claim of the job is over.', undefined);
      }
    }, true);
    return Number(headers['upload-offset'] ?? 0);
  }

  /** Files that earlier tasks of the run have left. */
  async listArtifacts(
    { from, name }: { readonly from?: string | undefined; readonly name?: string | undefined },
    signal: AbortSignal,
  ): Promise<readonly JobInput[]> {
    const query = new URLSearchParams({ ...(from && { from }), ...(name && { name }) });
    const call = { method: 'GET', path: `/artifacts?${query}`, signal, timeoutMs: ANSWER_MS } as const;
    const { body } = await persist(signal, () => this.call(call, false));
    return check(artifactsResponse, body).artifacts;
  }

  /** Bytes of an artifact, from an offset. A response with the status 200 begins at its first byte. */
  async getArtifact(artifactId: string, from: number, signal: AbortSignal): Promise<IncomingMessage> {
    const path = `${this.path}/artifacts/${encodeURIComponent(artifactId)}`;
    const headers: HttpCall['headers'] = from > 0 ? { range: `bytes=${from}-` } : {};
    const call: HttpCall = { method: 'GET', path, token: this.job.token, headers, signal, timeoutMs: SILENCE_MS };
    return this.watch(() => this.noticeStale(() => this.http.bytes(call), false));
  }

  /** The cache for a key, or for the beginning of one; null if there is none. */
  async getCache(
    key: string,
    prefixes: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly key: string; readonly sha256: string; readonly body: IncomingMessage } | null> {
    const query = new URLSearchParams({ key, prefixes: JSON.stringify(prefixes) });
    const path = `${this.path}/cache?${query}`;
    const call: HttpCall = { method: 'GET', path, token: this.job.token, signal, timeoutMs: SILENCE_MS };
    try {
      const body = await this.watch(() => this.noticeStale(() => this.http.bytes(call), false));
      const header = (name: string) => String(body.headers[`x-slipway-${name}`] ?? '');
      return { key: decodeURIComponent(header('cache-key')), sha256: header('sha256'), body };
    } catch (error) {
      if (error instanceof ServerRefusal && error.status === 404) return null;
      throw error;
    }
  }

  /** False if the server has a cache with the key already. */
  async sendCache(key: string, size: number, body: Readable, signal: AbortSignal): Promise<boolean> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': size };
    const path = `/cache?${new URLSearchParams({ key })}`;
    const { status } = await this.call({ method: 'PUT', path, headers, body, signal, timeoutMs: SILENCE_MS }, false);
    return status === 201;
  }

  private call(call: Omit<HttpCall, 'token'>, goneMeansStale: boolean): Promise<HttpAnswer> {
    const whole = { ...call, path: this.path + call.path, token: this.job.token };
    return this.watch(() => this.noticeStale(() => this.http.json(whole), goneMeansStale));
  }

  /**
   * An unknown claim token (401) also means that the claim has ended: registering again would not make it valid. So
   * does a missing job, unless the missing resource may be the requested artifact.
   */
  private async noticeStale<T>(call: () => Promise<T>, goneMeansStale: boolean): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof ServerRefusal) {
        const gone = goneMeansStale && error.status === 404;
        if (error.code === 'STALE_CLAIM' || error.status === 401 || gone) this.stale(error.message);
      }
      throw error;
    }
  }
}

/** The calls that upload files. */
export type ArtifactClient = Pick<JobClient, 'sendArtifact' | 'artifactOffset'>;
export type SentArtifact = Omit<JobInput, 'artifactId'>;

const announce = ({ type, mode, size, sha256 }: SentArtifact) => ({
  'x-slipway-size': size,
  'x-slipway-sha256': sha256,
  'x-slipway-type': type,
  'x-slipway-mode': mode,
});

/** A request that other jobs share continues when one of them is gone. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function check<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ServerUnavailable(`unexpected response: ${issue?.path.join('.')}: ${issue?.message}`);
}
