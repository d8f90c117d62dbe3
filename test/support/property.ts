const { PROPERTY_RUNS: runs, PROPERTY_SEED: seed } = process.env;

/**
 * Parameters of a property test. Its seed is random and printed with a failure: PROPERTY_SEED repeats it, and
 * PROPERTY_RUNS tries more than a normal run has time for. Known failures are kept in `examples`, which run first.
 */
export function property<Values extends unknown[]>(numRuns: number, examples: Values[] = []) {
  return {
    numRuns: runs === undefined ? numRuns : Number(runs),
    ...(seed !== undefined && { seed: Number(seed) }),
    endOnFailure: true,
    examples,
  };
}

/** Numbers below a limit, determined by a seed. */
export function randomness(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
