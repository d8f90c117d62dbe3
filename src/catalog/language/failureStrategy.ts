import { isDeepStrictEqual } from 'node:util';
import {
  defined,
  mapped,
  object,
  oneOf,
  optional,
  type Place,
  required,
  type Shape,
  type ValueOf,
  withShort,
} from './shape';
import type { SourceNode } from './sourceTree';
import { DAY, duration, MAX_SECONDS } from './values';
import { onTimeouts } from './terms';

const waiting = object({
  timeoutSeconds: required(duration(1, MAX_SECONDS), 'How long to wait for a decision.', { key: 'wait' }),
  onTimeout: optional(oneOf(onTimeouts), 'fail', 'Decision taken when the wait ends.'),
});

/** A failure that waits for a person's decision. */
export type Intervention = Readonly<ValueOf<typeof waiting>>;

/** The effect of a failure on a task or an element, once no retries are left. */
export interface FailureStrategy {
  readonly ignoreFailure: boolean;
  readonly intervention: Intervention | null;
}

const words = ['fail', 'ignore', 'wait'] as const;
type Word = (typeof words)[number];
const usual: Intervention = { timeoutSeconds: DAY, onTimeout: 'fail' };
const strategies: Readonly<Record<Word, FailureStrategy>> = {
  fail: { ignoreFailure: false, intervention: null },
  ignore: { ignoreFailure: true, intervention: null },
  wait: { ignoreFailure: false, intervention: usual },
};

const known = oneOf(words);
const word: Shape<Word> = {
  ...known,
  decode(node, place) {
    if (node.type !== 'scalar' || node.value !== 'retry') return known.decode(node, place);
    const message = '"retry" is not a valid value; expected fail, ignore or wait. To try again, use "retries".';
    place.report('BAD_VALUE', place.path, message, node.at);
    return 'fail';
  },
};

export const failureStrategy = defined(
  'FailureStrategy',
  withShort<Word, FailureStrategy>(
    word,
    mapped(waiting, (intervention) => ({ ignoreFailure: false, intervention }), {
      encode: ({ intervention }: FailureStrategy) => intervention ?? usual,
    }),
    ({ type }) => type !== 'map',
    {
      expand: (given) => strategies[given],
      shrink: (strategy) => words.find((one) => isDeepStrictEqual(strategies[one], strategy)),
    },
  ),
);

/** The strategy as documents write it; null for the default. */
export const strategyIn = ({ ignoreFailure, intervention }: FailureStrategy): FailureStrategy | null =>
  ignoreFailure || intervention !== null ? { ignoreFailure, intervention } : null;

/** Combines `ignore_failure` and `failure_strategy`, which must not contradict each other. */
export function strategyOf(
  ignoreFailure: boolean,
  strategy: FailureStrategy | null,
  node: SourceNode,
  place: Place,
): FailureStrategy {
  if (ignoreFailure && strategy?.ignoreFailure === false) {
    const message = '"ignore_failure: true" contradicts this "failure_strategy". Remove one of them.';
    place.report('BAD_VALUE', [...place.path, 'failureStrategy'], message, node.at);
  }
  return {
    ignoreFailure: ignoreFailure || strategy?.ignoreFailure === true,
    intervention: strategy?.intervention ?? null,
  };
}
