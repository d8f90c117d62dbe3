import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { v5, v7, validate } from 'uuid';

/** Ids sort by creation time, so that an index on them grows at its end. */
export const newId = (): string => v7();

/** The same id for the same parts, in every process and at every time. */
export const derivedId = (namespace: string, ...parts: string[]): string => v5(parts.join('\u0000'), namespace);

/** True if a client's text can be an id. Other text is treated like an id that does not exist. */
export const isId = (text: string): boolean => validate(text);

/** 32 random bytes, as text that fits in a header. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** Secrets are random and long, so one round of SHA-256 is enough: they can't be guessed. */
export const hashSecret = (secret: string): string => hash('sha256', secret);

/** Compares in constant time. */
export const secretMatches = (secret: string, digest: string): boolean =>
  timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), Buffer.from(digest, 'hex'));
