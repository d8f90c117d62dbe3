import { Refusal } from '../../kernel/errors';

export const unsupported = (what: string, reason: string): Refusal =>
  new Refusal('UNSUPPORTED', `${what} is not supported: ${reason}`, { reason });

/** Resolver of a mutation that changes what Slipway does not have. */
export const refuse = (what: string, reason: string) => () => {
  throw unsupported(what, reason);
};
