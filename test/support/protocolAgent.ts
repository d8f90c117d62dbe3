import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { AGENT_TOKEN } from './server';

export interface ClaimedJob {
  readonly jobId: string;
  readonly token: string;
  readonly executionId: string;
  readonly runId: string;
  readonly task: string;
  readonly attempt: number;
  readonly command: string;
  readonly workingDir: string | null;
  readonly cleanEnv: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly refused: { readonly reason: string; readonly message: string } | null;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly inputs: readonly { artifactId: string; name: string; size: number; sha256: string }[];
  readonly missing: readonly string[];
  readonly outputs: readonly string[];
  readonly outputsWhen: string;
  readonly register: string | null;
}

export type Result = Partial<
  Record<
    | 'exitCode'
    | 'signal'
    | 'reason'
    | 'message'
    | 'commandStarted'
    | 'logBytes'
    | 'logSha256'
    | 'logWritten'
    | 'outputs',
    unknown
  >
>;

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly error?: { readonly code: string; readonly offset?: number };
  };
}

/**
 * Speaks the agent protocol over HTTP, one call at a time, so that a test decides what an agent does and when. Runs no
 * commands.
 */
export class ProtocolAgent {
  private constructor(
    private readonly url: string,
    readonly id: string,
    private readonly token: string,
  ) {}

  static async register(
    url: string,
    {
      name = 'scripted',
      labels = {},
      slots = 10,
      ...more
    }: { name?: string; labels?: Record<string, string>; slots?: number; host?: string; protocol?: number } = {},
    token = AGENT_TOKEN,
  ): Promise<ProtocolAgent> {
    const reply = await send(url, 'POST', 'register', token, { name, labels, slots, ...more });
    if (reply.status !== 201) throw new Error(`register answered ${reply.status}`);
    return new ProtocolAgent(url, String(reply.body.agentId), String(reply.body.token));
  }

  post(verb: string, body: unknown, token = this.token): Promise<Reply> {
    return send(this.url, 'POST', verb, token, body);
  }

  /** Claims jobs as soon as there are any; fails if none arrive. */
  async claim(slots = 10, waitMs = 10_000): Promise<readonly ClaimedJob[]> {
    const reply = await this.post('claim', { slots, waitMs });
    if (reply.status === 204) return [];
    return reply.body.jobs as readonly ClaimedJob[];
  }

  async claimOne(waitMs = 60_000): Promise<ClaimedJob> {
    const [job] = await this.claim(1, waitMs);
    if (job === undefined) throw new Error('no job came');
    return job;
  }

  async start(...jobs: readonly ClaimedJob[]): Promise<Reply> {
    return this.post('start', { jobs: jobs.map(({ jobId, token }) => ({ jobId, token })) });
  }

  renew(jobs: readonly ClaimedJob[], waitMs: number): Promise<Reply> {
    return this.post('renew', { jobs: jobs.map(({ jobId, token }) => ({ jobId, token })), waitMs });
  }

  log(job: ClaimedJob, offset: number, text: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<Reply> {
    return send(this.url, 'POST', `jobs/${job.jobId}/log`, job.token, {
      offset,
      frames: [{ stream, at: new Date().toISOString(), text }],
    });
  }

  finish(job: ClaimedJob, result: Result = {}): Promise<Reply> {
    return this.finishAll([job], () => result);
  }

  finishAll(jobs: readonly ClaimedJob[], resultOf: (job: ClaimedJob) => Result = () => ({})): Promise<Reply> {
    const defaults = { exitCode: 0, signal: null, reason: null, message: null, logBytes: null };
    const results = jobs.map((job) => ({ jobId: job.jobId, token: job.token, ...defaults, ...resultOf(job) }));
    return this.post('finish', { results });
  }

  /** Claims one job, starts it and finishes it. */
  async runOne(result: Result = {}): Promise<ClaimedJob> {
    const job = await this.claimOne();
    await this.start(job);
    await this.finish(job, result);
    return job;
  }

  /**
   * Runs all jobs until a condition holds; tasks selected by `fails` fail. Returns the tasks in the order in which they
   * ran.
   */
  async work(until: () => Promise<boolean>, fails: (job: ClaimedJob) => boolean = () => false): Promise<ClaimedJob[]> {
    const done: ClaimedJob[] = [];
    while (!(await until())) {
      const jobs = await this.claim(10, 50);
      if (jobs.length === 0) continue;
      await this.start(...jobs);
      await this.finishAll(jobs, (job) => (fails(job) ? { exitCode: 1 } : {}));
      done.push(...jobs);
    }
    return done;
  }

  upload(job: ClaimedJob, name: string, data: Buffer, sha256: string): Promise<Response> {
    return fetch(`${this.url}/agent/v1/jobs/${job.jobId}/artifacts/${encodeURIComponent(name)}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${job.token}`, 'x-slipway-sha256': sha256 },
      body: new Uint8Array(data),
    });
  }

  download(job: ClaimedJob, artifactId: string): Promise<Response> {
    return fetch(`${this.url}/agent/v1/jobs/${job.jobId}/artifacts/${artifactId}`, {
      headers: { authorization: `Bearer ${job.token}` },
    });
  }
}

const connections = new Agent({ keepAlive: true });

/** Not by `fetch`, which takes several times as long: these are most of the requests of all tests. */
async function send(url: string, method: string, path: string, token: string, body: unknown): Promise<Reply> {
  const content = JSON.stringify(body);
  const sent = request(`${url}/agent/v1/${path}`, {
    method,
    agent: connections,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(content),
    },
  });
  sent.end(content);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const received = await text(response);
  return { status: response.statusCode ?? 0, body: received === '' ? {} : JSON.parse(received) };
}
