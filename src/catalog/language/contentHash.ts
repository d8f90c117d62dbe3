import { createHash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonicalJson';

/** SHA-256 (hex) of a definition in canonical form: equal for equal meaning, however the document is written. */
export const contentHash = (definition: object): string =>
  createHash('sha256').update(canonicalJson(definition)).digest('hex');
