import { Refusal } from '../../kernel/errors';
import type { App } from '../app';

/** Path of a download that needs no API key until then. */
export async function signedPath({ signing }: App, artifactId: string, expiresAt: Date): Promise<string> {
  const expires = String(expiresAt.getTime());
  const signature = await signing.sign('artifact link', artifactId, expires);
  return `/artifacts/${artifactId}?expires=${expires}&signature=${signature}`;
}

export interface SignedQuery {
  readonly expires: string;
  readonly signature: string;
}

/** Throws UNAUTHENTICATED if the link was not signed by a server of this database, or has expired. */
export async function requireSigned(app: App, artifactId: string, { expires, signature }: SignedQuery): Promise<void> {
  if (!(await app.signing.isSigned(signature, 'artifact link', artifactId, expires))) {
    throw new Refusal('UNAUTHENTICATED', 'The signature of this link is not valid.');
  }
  if (app.clock.now().getTime() >= Number(expires)) {
    const at = new Date(Number(expires)).toISOString();
    throw new Refusal('UNAUTHENTICATED', `This link expired at ${at}. Ask for a new one with \`signedLink\`.`);
  }
}
