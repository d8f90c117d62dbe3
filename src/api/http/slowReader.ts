import { Refusal } from '../../kernel/errors';

/**
 * End of a stream whose reader takes nothing any more. The cursor is that of the last message sent, which may be the
 * one that is stuck.
 */
export function slowReader(ms: number, cursor: string | undefined): Refusal {
  const message = `The client read nothing for ${Math.round(ms / 1000)} s. Continue from the last cursor that it has read.`;
  return new Refusal('SLOW_READER', message, cursor === undefined ? {} : { cursor });
}
