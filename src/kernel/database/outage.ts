import { isNativeError } from 'node:util/types';

/** Class 08 is "connection exception"; 57P01..05 are a server that stops, crashed or starts; 53300 is "too many connections". */
const outageCodes =
  /^(08...|57P0[1-5]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
const outageMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed and is not queryable|Cannot use a pool after calling end)/;
const outageNames = new Set([
  'CannotExecuteNotConnectedError',
  'DriverAlreadyReleasedError',
  'ConnectionIsNotSetError',
]);

/**
 * True if the database is unavailable, as opposed to having rejected a statement. TypeORM wraps the driver's error in
 * `driverError`.
 */
export function isOutage(error: unknown): boolean {
  if (!isError(error)) return false;
  const { code, driverError } = error as Error & { code?: unknown; driverError?: unknown };
  if (typeof code === 'string' && outageCodes.test(code)) return true;
  if (outageMessages.test(error.message) || outageNames.has(error.name)) return true;
  return driverError !== error && isOutage(driverError);
}

/** Also true for errors of another realm, as Node's own are inside a `vm` context such as jest's. */
export function isError(error: unknown): error is Error {
  return error instanceof Error || isNativeError(error);
}
