import { createHash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonicalJson';
import { hashedForm } from './canonical';

/** SHA-256 (hex) of a definition: the same for the same meaning, however it was written. */
export const contentHash = (definition: object): string =>
  createHash('sha256')
    .update(canonicalJson(hashedForm(definition)))
    .digest('hex');
