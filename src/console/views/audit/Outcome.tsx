import { Status } from '../../parts/Status';

/** Outcome of an action by shape, word and color. */
export const Outcome = ({ outcome }: { readonly outcome: string }) =>
  outcome === 'ALLOWED' ? <Status status="SUCCESS">Allowed</Status> : <Status status="REJECTED">Refused</Status>;
