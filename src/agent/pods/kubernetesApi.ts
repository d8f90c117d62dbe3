import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import WebSocket from 'ws';
import type { PodConfig } from '../../kernel/config';

/** Longest wait for the response to one request, in milliseconds. */
const ANSWER_MS = 30_000;
const STREAM_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface Streamed {
  /** Null if the connection ended before the command did. */
  readonly exitCode: number | null;
}

export interface StreamTarget {
  opened?(): void;
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
}

/**
 * The few calls of the Kubernetes API that running pods takes. The official client loads 800 modules, for seconds of CPU and
 * 110 MB in each process, which is more than most jobs need.
 */
export class KubernetesApi {
  readonly namespace: string;
  /** Name of the pod that the agent runs in. */
  readonly ownPod: string;
  private readonly url: string;
  private readonly account: string;
  private readonly ca: string | undefined;
  private readonly dispatcher: Agent;

  constructor(config: PodConfig) {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, SLIPWAY_AGENT_KUBERNETES_URL: own } = config;
    this.account = config.SLIPWAY_AGENT_KUBERNETES_ACCOUNT;
    if (own === undefined && host === undefined) {
      throw new Error('this agent is not in a cluster: KUBERNETES_SERVICE_HOST is not set');
    }
    this.url = (own ?? `https://${host?.includes(':') ? `[${host}]` : host}:${port}`).replace(/\/$/, '');
    this.namespace = config.SLIPWAY_AGENT_POD_NAMESPACE ?? this.ofAccount('namespace') ?? 'default';
    this.ownPod = config.SLIPWAY_AGENT_POD_NAME ?? config.HOSTNAME ?? '';
    this.ca = this.ofAccount('ca.crt');
    this.dispatcher = new Agent({ ...(this.ca !== undefined && { connect: { ca: this.ca } }) });
  }

  close(): Promise<void> {
    return this.dispatcher.close();
  }

  /** A response as JSON. Rejects with an ApiProblem for each status that is not successful. */
  async call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
    return JSON.parse(await this.text(method, path, body));
  }

  async text(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<string> {
    const { statusCode, body: answer } = await request(this.url + this.within(path), {
      method,
      headers: { ...this.credentials(), accept: 'application/json', 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      dispatcher: this.dispatcher,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
    });
    const text = await answer.text();
    if (statusCode >= 400) throw new ApiProblem(statusCode, messageOf(text) ?? `Kubernetes answered ${statusCode}`);
    return text;
  }

  /** Follows the output of a container (`attach`), or of a command in it (`exec`), until either ends. */
  stream(path: string, target: StreamTarget): Promise<Streamed> {
    return new Promise((resolve, reject) => {
      const url = this.url.replace(/^http/, 'ws') + this.within(path);
      const socket = new WebSocket(url, STREAM_PROTOCOLS, {
        headers: this.credentials(),
        handshakeTimeout: ANSWER_MS,
        ...(this.ca !== undefined && { ca: this.ca }),
      });
      let exitCode: number | null = null;
      socket.on('open', () => target.opened?.());
      socket.on('message', (data: Buffer) => {
        const [channel] = data;
        const content = data.subarray(1);
        if (channel === 1) target.stdout(content);
        else if (channel === 2) target.stderr(content);
        else if (channel === 3) exitCode = exitCodeOf(content.toString());
      });
      socket.on('unexpected-response', (_request, response) => {
        reject(new ApiProblem(response.statusCode ?? 0, `Kubernetes answered ${response.statusCode}`));
        socket.terminate();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve({ exitCode }));
    });
  }

  private within(path: string): string {
    return `/api/v1/namespaces/${encodeURIComponent(this.namespace)}${path}`;
  }

  /** Read for each request, because Kubernetes replaces it about every hour. */
  private credentials(): Record<string, string> {
    const token = this.ofAccount('token');
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  private ofAccount(file: string): string | undefined {
    try {
      return readFileSync(join(this.account, file), 'utf8').trim();
    } catch {
      return undefined;
    }
  }
}

/** Exit code in the `Status` that ends a stream. */
export function exitCodeOf(text: string): number | null {
  const status: { status?: string; details?: { causes?: { reason?: string; message?: string }[] } } = JSON.parse(text);
  if (status.status === 'Success') return 0;
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
  return cause === undefined ? null : Number(cause.message);
}

function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text);
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
