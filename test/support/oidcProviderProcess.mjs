import { Provider } from 'oidc-provider';

/**
 * An OpenID Connect provider whose clients are the jobs of a CI system: a job's token has the id of its client as
 * subject, and the requested resource as audience. Keys are made at each start. Prints its issuer once it listens.
 *
 * Usage: node oidcProviderProcess.mjs PORT KID CLIENT=SECRET…
 */
const [port, kid, ...clients] = process.argv.slice(2);
const { generateKeyPair, exportJWK } = await import('jose');
const { privateKey } = await generateKeyPair('RS256', { extractable: true });
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' }] },
  clients: clients.map((one) => {
    const [client_id, client_secret] = one.split('=');
    return {
      ...{ client_id, client_secret, redirect_uris: [], response_types: [] },
      ...{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' },
    };
  }),
  extraTokenClaims: async (_context, token) => ({ repository: token.clientId.split(':')[1] }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_context, audience) => ({
        ...{ scope: 'sign-in', audience, accessTokenTTL: 300, accessTokenFormat: 'jwt' },
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});
provider.listen(Number(port), '127.0.0.1', () => process.stdout.write(`${issuer}\n`));
