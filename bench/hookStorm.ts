import autocannon from 'autocannon';
import { answerOrders } from './processes';

/** Deliveries to the address of a trigger whose signatures are not valid. */
export interface StormOrder {
  readonly url: string;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface StormAnswer {
  readonly sent: number;
  /** Responses by status. */
  readonly statuses: Readonly<Record<string, number>>;
}

const CONNECTIONS = 20;
const body = JSON.stringify({ ref: 'refs/heads/main', after: 'c0ffee', commits: ['x'.repeat(4_000)] });

answerOrders(async ({ url, perSecond, seconds }: StormOrder) => {
  const { requests, statusCodeStats = {} } = await autocannon({
    url,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': 'storm',
      'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
    },
    body,
    connections: CONNECTIONS,
    overallRate: perSecond,
    duration: seconds,
  });
  const statuses = Object.fromEntries(
    Object.entries(statusCodeStats).map(([status, { count }]) => [status, count ?? 0]),
  );
  return { sent: requests.total, statuses };
});
