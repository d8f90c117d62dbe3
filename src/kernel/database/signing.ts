import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Db } from './database';

/** Distinguishes signatures: one that was made for a purpose is not valid for another. */
export type SigningPurpose = 'artifact link' | 'export link' | 'job token';

/**
 * Signs short-lived links and tokens, so that they need no rows. All servers of a database use the same key: derived
 * from SLIPWAY_SECRET_KEY, or else a random one that the database keeps. After a rotation, signatures by earlier keys
 * of the list stay valid.
 */
export class Signing {
  private readonly configured: readonly Buffer[];
  private kept: Promise<Buffer> | undefined;

  constructor(
    private readonly db: Db,
    secretKeys: readonly Buffer[],
  ) {
    this.configured = secretKeys.map((key) => Buffer.from(hkdfSync('sha256', key, '', 'slipway signing', 32)));
  }

  async sign(purpose: SigningPurpose, ...parts: readonly string[]): Promise<string> {
    const [key] = this.configured;
    return signature(key ?? (await this.keptKey()), purpose, parts).toString('base64url');
  }

  async isSigned(given: string, purpose: SigningPurpose, ...parts: readonly string[]): Promise<boolean> {
    const keys = this.configured.length > 0 ? this.configured : [await this.keptKey()];
    const bytes = Buffer.from(given, 'base64url');
    return keys.some((key) => {
      const expected = signature(key, purpose, parts);
      return bytes.length === expected.length && timingSafeEqual(bytes, expected);
    });
  }

  private keptKey(): Promise<Buffer> {
    this.kept ??= this.readKey().catch((error: unknown) => {
      this.kept = undefined;
      throw error;
    });
    return this.kept;
  }

  private async readKey(): Promise<Buffer> {
    await this.db.write('INSERT INTO signing_key (id, bytes) VALUES (1, $1) ON CONFLICT DO NOTHING', [randomBytes(32)]);
    const [row] = await this.db.rows<{ bytes: Buffer }>('SELECT bytes FROM signing_key');
    if (row === undefined) throw new Error('the key that signs links was deleted');
    return row.bytes;
  }
}

const signature = (key: Buffer, purpose: SigningPurpose, parts: readonly string[]): Buffer =>
  createHmac('sha256', key)
    .update(JSON.stringify([purpose, ...parts]))
    .digest();
