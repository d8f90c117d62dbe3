/** Reason why a program can't start that its message fully explains: printed without a stack, exit code 2. */
export class StartError extends Error {}
