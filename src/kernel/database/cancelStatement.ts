import { connect } from 'node:net';
import type { PoolClient } from 'pg';

/** The code of PostgreSQL's CancelRequest message. */
const CANCEL_REQUEST = (1234 << 16) | 5678;

/** What the driver knows about the session of a connection, and its types don't say. */
interface Session {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * Asks PostgreSQL to cancel the statement that a connection waits for, over a connection of its own. A session that is
 * alive then answers, if only with an error. A request that does not arrive changes nothing.
 */
export function cancelStatement(client: PoolClient, withinMs: number): void {
  const { host, port, processID, secretKey } = client as unknown as Session;
  const socket = connect(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  const request = Buffer.alloc(16);
  for (const [index, number] of [request.length, CANCEL_REQUEST, processID, secretKey].entries())
    request.writeInt32BE(number, index * 4);
  socket.setTimeout(withinMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.end(request);
}
