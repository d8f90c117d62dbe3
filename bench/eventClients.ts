import { WebSocket } from 'ws';
import { DeliveredEventsDocument } from '../src/client/generated';
import { percentile } from './harness';
import { sharedClock } from './processes';

/**
 * Subscribers in a separate process, so that their cost doesn't count as the server's. They speak graphql-transport-ws
 * directly, and treat each message the same no matter who sent it: they note its arrival time and its event.
 */
export type Order =
  | {
      readonly open: {
        readonly url: string;
        readonly key: string;
        readonly id: string | null;
        readonly count: number;
        readonly read: boolean;
      };
    }
  /** Commit time of each event, by sequence. */
  | { readonly report: Readonly<Record<string, number>> }
  | { readonly close: true };

export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly count: number;
}

export type Answer =
  | { readonly opened: true }
  /** All clients have received this event. */
  | { readonly arrived: number; readonly sample: string }
  | { readonly latencies: Latencies };

const answer = (message: Answer): unknown => process.send?.(message);

let sockets: WebSocket[] = [];
let arrivals: [sequence: number, at: number][] = [];
const counts = new Map<number, number>();

function take(text: string): void {
  const at = sharedClock();
  if (text.includes('"type":"error"')) throw new Error(text);
  const sequence = Number(/"sequence":(\d+)/.exec(text)?.[1]);
  if (Number.isNaN(sequence)) return;
  arrivals.push([sequence, at]);
  const count = (counts.get(sequence) ?? 0) + 1;
  counts.set(sequence, count);
  if (count === sockets.length) answer({ arrived: sequence, sample: text });
}

/** `id` is the execution to subscribe to; null for a server that sends without a request. */
async function open({ url, key, id, count, read }: Extract<Order, { open: unknown }>['open']): Promise<void> {
  while (sockets.length < count) {
    const opening = Array.from({ length: Math.min(100, count - sockets.length) }, () => connect(url, key, id, read));
    sockets.push(...(await Promise.all(opening)));
  }
  answer({ opened: true });
}

function connect(url: string, key: string, id: string | null, read: boolean): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
    socket.once('error', reject);
    socket.on('open', () => {
      if (id === null) return resolve(socket);
      socket.send(JSON.stringify({ type: 'connection_init', payload: { apiKey: key } }));
    });
    socket.on('message', (data) => {
      const text = String(data);
      if (!text.includes('"connection_ack"')) return take(text);
      socket.send(
        JSON.stringify({
          id: crypto.randomUUID(),
          type: 'subscribe',
          payload: { query: DeliveredEventsDocument.toString(), variables: { id } },
        }),
      );
      if (!read) socket.pause();
      resolve(socket);
    });
  });
}

function report(committed: Readonly<Record<string, number>>): void {
  const times = arrivals.flatMap(([sequence, at]) => {
    const from = committed[sequence];
    return from === undefined ? [] : [Math.max(0, at - from)];
  });
  arrivals = [];
  counts.clear();
  answer({
    latencies: {
      p50: percentile(times, 0.5),
      p95: percentile(times, 0.95),
      p99: percentile(times, 0.99),
      count: times.length,
    },
  });
}

function close(): void {
  for (const socket of sockets) socket.terminate();
  sockets = [];
}

process.on('message', (order: Order) => {
  if ('open' in order) void open(order.open);
  else if ('report' in order) report(order.report);
  else close();
});
