/** Time that an identity provider has for a response. */
export const FETCH_MS = 5_000;

/** Discovery document of an OpenID Connect issuer, which must name that issuer. */
export async function discover(issuer: string): Promise<Readonly<Record<string, unknown>>> {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const document = (await response.json()) as Readonly<Record<string, unknown>>;
  if (document.issuer !== issuer) throw new Error(`${url} is not the discovery document of ${issuer}`);
  return document;
}
