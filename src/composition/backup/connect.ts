import { Client } from 'pg';

/** A connection of its own, whose statements may take hours. */
export async function connect(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: 'slipway admin',
    connectionTimeoutMillis: 10_000,
  });
  // The statement in progress fails with the same error.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
