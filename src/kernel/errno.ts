/** Checks the shape, because in a jest sandbox Node's errors are not instances of the sandbox's Error. */
export const isErrno = (error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  typeof error.code === 'string' &&
  codes.includes(error.code);

/** For `catch`: maps a missing file to undefined. */
export function absent(error: unknown): undefined {
  if (!isErrno(error, 'ENOENT')) throw error;
}
