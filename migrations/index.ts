import { Initial0000000000001 } from './0001-initial';

/** In the order of their numbers. A list rather than a glob, so that src, dist and the tests run the same ones. */
export const migrations = [Initial0000000000001] as const;
