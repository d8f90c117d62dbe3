import { type Intervention, onTimeouts } from './workflow';
import { called, type Decoder, object, oneOf, optional, type Place, required } from './decoders';
import type { SourceNode } from './sourceTree';
import { DAY, duration } from './valueDecoders';

/** What a failure means for a task or an element of a stage, once it has no retries left. */
export interface FailureStrategy {
  readonly ignoreFailure: boolean;
  readonly intervention: Intervention | null;
}

const MAX_SECONDS = 365 * DAY;
const usual: Intervention = { timeoutSeconds: DAY, onTimeout: 'fail' };
const words: Readonly<Record<'fail' | 'ignore' | 'wait', FailureStrategy>> = {
  fail: { ignoreFailure: false, intervention: null },
  ignore: { ignoreFailure: true, intervention: null },
  wait: { ignoreFailure: false, intervention: usual },
};

const known = oneOf(['fail', 'ignore', 'wait']);
const word: Decoder<keyof typeof words> = (node, place) => {
  if (node.type !== 'scalar' || node.value !== 'retry') return known(node, place);
  place.report('BAD_VALUE', place.path, '"retry" is none of fail, ignore, wait; to try again, say "retries".', node.at);
  return 'fail';
};
const waiting = object<Intervention>({
  timeoutSeconds: called('wait', required(duration(1, MAX_SECONDS))),
  onTimeout: optional<Intervention['onTimeout']>(oneOf(onTimeouts), 'fail'),
});

/** `fail`, `ignore`, `wait`, or `{ wait: 1h, on_timeout: ignore }`. */
export const failureStrategy: Decoder<FailureStrategy> = (node, place) =>
  node.type === 'map' ? { ignoreFailure: false, intervention: waiting(node, place) } : words[word(node, place)];

/** The two ways to write it made one; they may not contradict each other. */
export function strategyOf(
  ignoreFailure: boolean,
  strategy: FailureStrategy | null,
  node: SourceNode,
  place: Place,
): FailureStrategy {
  if (ignoreFailure && strategy?.ignoreFailure === false) {
    const message = '"ignore_failure: true" and this failure_strategy say different things.';
    place.report('BAD_VALUE', [...place.path, 'failureStrategy'], message, node.at);
  }
  return {
    ignoreFailure: ignoreFailure || strategy?.ignoreFailure === true,
    intervention: strategy?.intervention ?? null,
  };
}
