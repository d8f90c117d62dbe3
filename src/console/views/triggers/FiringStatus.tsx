import { StatusLook } from '../../parts/Status';
import { firingLooks } from './words';

/** Outcome of a firing by shape, word and color. */
export const FiringStatus = ({ status }: { readonly status: string }) => (
  <StatusLook look={firingLooks[status] ?? { word: status.toLowerCase(), tone: 'calm', shape: 'question' }} />
);
