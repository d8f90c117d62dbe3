import { auditServer } from 'graphql-http';
import { ADMIN_KEY } from '../../support/server';
import { testServer } from '../../support/world';

const server = testServer();

/** Requests of the audits, with a key. */
const withKey: typeof fetch = (input, init) =>
  fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), 'x-api-key': ADMIN_KEY } });

it.each(['/graphql'])('%s passes every audit of GraphQL over HTTP', async (path) => {
  const results = await auditServer({ url: `${server.url}${path}`, fetchFn: withKey });
  expect(results.length).toBeGreaterThan(50);
  const failed = results.flatMap((one) => (one.status === 'ok' ? [] : [`${one.status}: ${one.name}: ${one.reason}`]));
  expect(failed).toEqual([]);
});
