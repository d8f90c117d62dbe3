import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomness } from './property';

/** A proxy that drops, doubles and reorders a share of the requests, and sometimes only loses the response. */
export async function hostileProxy(target: string, share: number, seed: number) {
  const random = randomness(seed);
  const counts = { requests: 0, lost: 0, unanswered: 0, doubled: 0, late: 0 };
  const agent = new Agent({ keepAlive: true });
  const late: (() => Promise<unknown>)[] = [];
  const server = createServer(async (incoming, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const forward = async () => {
      const { host: _, ...headers } = incoming.headers;
      const sent = request(`${target}${incoming.url}`, { method: incoming.method, agent, headers });
      sent.end(body);
      const [response] = await once(sent, 'response');
      const received: Buffer[] = [];
      for await (const chunk of response) received.push(chunk);
      return { status: response.statusCode, body: Buffer.concat(received) };
    };
    counts.requests++;
    if (late.length > 0 && random(2) === 0) await late.shift()?.();
    if (random(100) < share * 100) {
      const kind = random(4);
      if (kind === 0) counts.lost++;
      if (kind === 1) {
        counts.unanswered++;
        await forward();
      }
      if (kind === 2) {
        counts.late++;
        late.push(forward);
      }
      if (kind < 3) return void incoming.socket.destroy();
      counts.doubled++;
      await forward();
    }
    const { status, body: content } = await forward();
    answer.writeHead(status, { 'content-type': 'application/json' }).end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    await Promise.all(late.splice(0).map((send) => send()));
    agent.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, counts, close };
}
