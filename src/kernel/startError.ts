/** A reason why a program can't start that its message explains in full: shown without a stack, exit code 2. */
export class StartError extends Error {}
