import { connect } from 'node:net';
import type { PoolClient } from 'pg';

/** The code of PostgreSQL's CancelRequest message. */
const CANCEL_REQUEST = (1234 << 16) | 5678;

/** Properties of the driver's session that its types lack. */
export interface Session {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * Asks PostgreSQL over a separate connection to cancel the statement that a connection waits for. A live session then
 * responds, if only with an error. A request that does not arrive changes nothing.
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
