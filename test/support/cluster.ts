import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';

interface Manifest {
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly spec: {
    readonly containers: readonly {
      readonly image: string;
      readonly command?: readonly string[];
      readonly args?: readonly string[];
      readonly envFrom?: readonly { readonly secretRef: { readonly name: string } }[];
    }[];
  };
}

interface RunningPod {
  readonly manifest: Manifest;
  readonly child: ChildProcess | undefined;
  readonly attached: Set<WebSocket>;
  waiting?: { readonly reason: string; readonly message: string };
  log: string;
  exitCode?: number;
}

export const DIGEST = `sha256:${'ab'.repeat(32)}`;
const IP = '127.0.0.1';

/**
 * The part of the Kubernetes API that running pods takes, over HTTP and WebSockets. A container is a process of this machine,
 * with the paths of this machine: volumes are not mounted, but their parts can be checked in the manifests. As in a cluster,
 * output is passed on to those who are attached when it is written, and to no one later.
 */
export class FakeCluster {
  readonly token = 'token-of-the-account';
  readonly pods = new Map<string, RunningPod>();
  readonly secrets = new Map<string, { readonly stringData: Record<string, string> }>();
  /** All manifests of pods, also of those that are gone. */
  readonly created: Manifest[] = [];
  private readonly streams = new WebSocketServer({ noServer: true, handleProtocols: () => 'v4.channel.k8s.io' });

  private constructor(
    private readonly server: Server,
    private readonly agentFolder: string,
  ) {
    server.on('request', (request, response) => void this.respond(request, response));
    server.on('upgrade', (request, socket, head) => {
      this.streams.handleUpgrade(request, socket, head, (stream) =>
        this.stream(new URL(request.url ?? '', this.url), stream),
      );
    });
  }

  /** `agentFolder`: folder of the agent, which is on a claim that one node can mount. */
  static async start(agentFolder: string): Promise<FakeCluster> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeCluster(server, agentFolder);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks the connections to the output of all pods. */
  detach(): void {
    for (const { attached } of this.pods.values()) for (const stream of attached) stream.terminate();
  }

  async stop(): Promise<void> {
    for (const name of this.pods.keys()) await this.remove(name);
    this.server.closeAllConnections();
    this.server.close();
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${this.token}`) return send(401, { message: 'Unauthorized' });
    const [, kind, name, part] =
      /^\/api\/v1\/namespaces\/ci\/(\w+)(?:\/([\w.-]+))?(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    const missing = { message: `${kind} "${name}" not found` };
    switch (`${request.method} ${kind}${part === undefined ? '' : `/${part}`}`) {
      case 'GET persistentvolumeclaims':
        return send(200, { spec: { accessModes: ['ReadWriteOnce'] } });
      case 'POST secrets': {
        const secret = (await json(request)) as Manifest & { stringData: Record<string, string> };
        this.secrets.set(secret.metadata.name, secret);
        return send(201, secret);
      }
      case 'DELETE secrets':
        return this.secrets.delete(name ?? '') ? send(200, {}) : send(404, missing);
      case 'POST pods': {
        const manifest = (await json(request)) as Manifest;
        this.created.push(manifest);
        this.pods.set(manifest.metadata.name, this.run(manifest));
        return send(201, manifest);
      }
      case 'GET pods': {
        if (name === 'agent-0') return send(200, this.ownPod);
        if (name === undefined)
          return send(200, { items: this.withLabel(url.searchParams.get('labelSelector') ?? '') });
        const pod = this.pods.get(name);
        return pod === undefined ? send(404, missing) : send(200, shown(pod));
      }
      case 'GET pods/log':
        return send(200, this.pods.get(name ?? '')?.log ?? '');
      case 'DELETE pods':
        if (!this.pods.has(name ?? '')) return send(404, missing);
        await this.remove(name ?? '');
        return send(200, {});
      default:
        return send(405, { message: 'not served here' });
    }
  }

  private get ownPod() {
    return {
      metadata: { name: 'agent-0', uid: 'uid-0' },
      spec: {
        nodeName: 'node-1',
        tolerations: [{ key: 'ci', operator: 'Exists' }],
        volumes: [{ name: 'work', persistentVolumeClaim: { claimName: 'agents' } }],
        containers: [{ volumeMounts: [{ name: 'work', mountPath: this.agentFolder, subPath: 'agent-0' }] }],
      },
    };
  }

  private withLabel(selector: string) {
    const [key = '', value] = selector.split('=');
    return [...this.pods.values()]
      .map(({ manifest }) => manifest)
      .filter(({ metadata }) => metadata.labels?.[key] === value);
  }

  private run(manifest: Manifest): RunningPod {
    const [container] = manifest.spec.containers;
    const { image = '', command = [], args = [], envFrom = [] } = container ?? {};
    if (image.includes('none')) {
      const waiting = { reason: 'ErrImagePull', message: `manifest for ${image} not found` };
      return { manifest, child: undefined, attached: new Set(), log: '', waiting };
    }
    const variables = envFrom.map(({ secretRef }) => this.secrets.get(secretRef.name)?.stringData);
    const [program = '', ...rest] = [...command, ...args];
    const env = Object.assign({ PATH: process.env.PATH, FROM_IMAGE: 'yes' }, ...variables);
    const child = spawn(program, rest, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const pod: RunningPod = { manifest, child, attached: new Set(), log: '' };
    for (const [channel, output] of [
      [1, child.stdout],
      [2, child.stderr],
    ] as const) {
      output.on('data', (chunk: Buffer) => {
        pod.log += chunk.toString();
        for (const stream of pod.attached) stream.send(Buffer.concat([Buffer.from([channel]), chunk]));
      });
    }
    child.once('close', (code, signal) => {
      pod.exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
      for (const stream of pod.attached) finish(stream, 0);
    });
    return pod;
  }

  private stream(url: URL, stream: WebSocket): void {
    const [, name = '', verb] = /\/pods\/([\w.-]+)\/(\w+)$/.exec(url.pathname) ?? [];
    const pod = this.pods.get(name);
    if (pod?.child === undefined) return void stream.close();
    if (verb === 'attach') {
      pod.attached.add(stream);
      stream.on('close', () => pod.attached.delete(stream));
      if (pod.exitCode !== undefined) finish(stream, 0);
      return;
    }
    // The first process of a container has the number 1 there.
    const [program = '', ...args] = url.searchParams
      .getAll('command')
      .map((word) => word.replace(/ 1$/, ` ${pod.child?.pid}`));
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => stream.send(Buffer.concat([Buffer.from([1]), chunk])));
    child.stderr.on('data', (chunk) => stream.send(Buffer.concat([Buffer.from([2]), chunk])));
    child.once('close', (code) => finish(stream, code ?? 1));
  }

  private async remove(name: string): Promise<void> {
    const pod = this.pods.get(name);
    if (pod?.child?.pid !== undefined && pod.exitCode === undefined) {
      const closed = once(pod.child, 'close');
      process.kill(-pod.child.pid, 'SIGKILL');
      await closed;
    }
    this.pods.delete(name);
  }
}

function finish(stream: WebSocket, exitCode: number): void {
  const failure = { status: 'Failure', details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] } };
  stream.send(
    Buffer.concat([Buffer.from([3]), Buffer.from(JSON.stringify(exitCode === 0 ? { status: 'Success' } : failure))]),
  );
  stream.close();
}

function shown({ manifest, waiting, exitCode }: RunningPod) {
  const state = waiting ? { waiting } : exitCode === undefined ? { running: {} } : { terminated: { exitCode } };
  return {
    ...manifest,
    status: {
      phase: exitCode === undefined ? 'Running' : exitCode === 0 ? 'Succeeded' : 'Failed',
      podIP: IP,
      containerStatuses: [{ imageID: `docker.io/library/image@${DIGEST}`, state }],
    },
  };
}
