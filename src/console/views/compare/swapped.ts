import type { UrlState } from '../../data/urlState';

const pairs = [
  ['left', 'right'],
  ['leftAttempt', 'rightAttempt'],
  ['leftAt', 'rightAt'],
] as const;

/** Choices of the address with the sides swapped. */
export const swapped = (url: UrlState): Record<string, string> =>
  Object.fromEntries(
    pairs.flatMap(([one, other]) => [
      [one, url.get(other)],
      [other, url.get(one)],
    ]),
  );
