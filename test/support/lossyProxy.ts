import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** What happens to a request on its way: it is passed on, lost, answered in vain, sent twice, or held back. */
export const faults = ['DROP_REQUEST', 'DROP_RESPONSE', 'DOUBLE', 'REORDER'] as const;
export type Fault = (typeof faults)[number];

/** Decides about each request: a fault, the number of bytes of its body after which it is cut, or nothing. */
export type Decide = (request: IncomingMessage) => Fault | { readonly cutAfter: number } | undefined;

/**
 * HTTP proxy that loses, doubles and reorders whole requests, and cuts long ones. A test sets `decide`; the proxy counts
 * what it did.
 */
export class LossyProxy {
  readonly done: Record<Fault | 'CUT' | 'PASSED', number> = {
    ...{ DROP_REQUEST: 0, DROP_RESPONSE: 0, DOUBLE: 0, REORDER: 0, CUT: 0, PASSED: 0 },
  };
  decide: Decide = () => undefined;
  private readonly held: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: string,
    readonly url: string,
  ) {}

  static async start(target: string): Promise<LossyProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new LossyProxy(server, target, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (incoming, outgoing) => {
      // A message that was read to its end, or left, has no socket.
      const { socket } = incoming;
      proxy.pass(incoming, outgoing, socket).catch(() => socket.destroy());
    });
    return proxy;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse, socket: Socket): Promise<void> {
    const fault = this.decide(incoming);
    if (fault === undefined) {
      this.done.PASSED++;
      this.release();
      return this.forward(incoming, outgoing, socket);
    }
    if (typeof fault === 'object') {
      this.done.CUT++;
      return this.cut(incoming, fault.cutAfter, socket);
    }
    this.done[fault]++;
    const body = await buffer(incoming);
    if (fault === 'DROP_REQUEST') return void socket.destroy();
    // The next request overtakes it; if none comes, it is late.
    if (fault === 'REORDER') await this.overtaken();
    const first = await this.send(incoming, body);
    if (fault === 'DROP_RESPONSE') return void socket.destroy();
    const answer = fault === 'DOUBLE' ? await this.send(incoming, body) : first;
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  }

  private overtaken(): Promise<unknown> {
    return Promise.race([new Promise<void>((resolve) => this.held.push(resolve)), pause(50)]);
  }

  private release(): void {
    for (const one of this.held.splice(0)) one();
  }

  private to({ url, method, headers }: IncomingMessage) {
    return request(this.target + url, { method, headers: { ...headers, connection: 'close' } });
  }

  private forward(incoming: IncomingMessage, outgoing: ServerResponse, socket: Socket): void {
    const sent = this.to(incoming);
    sent.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    sent.on('error', () => socket.destroy());
    outgoing.on('close', () => sent.destroy());
    incoming.pipe(sent);
  }

  private async cut(incoming: IncomingMessage, after: number, socket: Socket): Promise<void> {
    const sent = this.to(incoming);
    sent.on('error', () => undefined);
    let passed = 0;
    for await (const chunk of incoming) {
      if (!sent.write(chunk)) await once(sent, 'drain');
      passed += chunk.length;
      if (passed >= after) break;
    }
    socket.resetAndDestroy();
    sent.destroy();
  }

  private async send(incoming: IncomingMessage, body: Buffer) {
    const sent = this.to(incoming);
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const { 'transfer-encoding': _, ...headers } = response.headers;
    return { status: response.statusCode ?? 502, headers, body: await buffer(response) };
  }
}
