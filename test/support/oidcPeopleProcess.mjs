import { Provider } from 'oidc-provider';

/**
 * An OpenID Connect provider with people and one public client, `slipway`. Whoever arrives is signed in at once: as the
 * person in `login_hint`, or as ada. Claims about people come from the user info endpoint. Prints its issuer.
 *
 * Usage: node oidcPeopleProcess.mjs PORT REDIRECT_URI
 */
const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const people = {
  ada: { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true, groups: ['Production Support'] },
  eve: { name: 'Eve', email: 'eve@example.com', email_verified: false },
};
const provider = new Provider(issuer, {
  clients: [
    {
      ...{ client_id: 'slipway', token_endpoint_auth_method: 'none', redirect_uris: [redirectUri] },
      ...{ grant_types: ['authorization_code'], response_types: ['code'], application_type: 'native' },
    },
  ],
  claims: { openid: ['sub'], profile: ['name', 'groups'], email: ['email', 'email_verified'] },
  cookies: { keys: ['a key of a test'] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  interactions: { url: (_context, interaction) => `/enter/${interaction.uid}` },
  pkce: { required: () => true },
});
provider.use(async (context, next) => {
  if (!context.path.startsWith('/enter/')) return next();
  const { prompt, params, session, grantId } = await provider.interactionDetails(context.req, context.res);
  if (prompt.name === 'login') {
    const login = { accountId: params.login_hint ?? 'ada' };
    context.redirect(await provider.interactionResult(context.req, context.res, { login }));
    return;
  }
  const grant =
    (grantId && (await provider.Grant.find(grantId))) ||
    new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  const options = { mergeWithLastSubmission: true };
  context.redirect(await provider.interactionResult(context.req, context.res, { consent }, options));
});
provider.listen(Number(port), '127.0.0.1', () => process.stdout.write(`${issuer}\n`));
