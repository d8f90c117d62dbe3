import { isNativeError } from 'node:util/types';

/**
 * Class 08 is "connection exception"; 57P01 to 57P05 mean that a server is stopping, has crashed or is starting; 53300
 * is "too many connections".
 */
const outageCodes =
  /^(08...|57P0[1-5]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
const outageMessages =
  /^(Connection terminated|timeout expired$|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed and is not queryable|Cannot use a pool after calling end)/;

/** True if the database can't be reached, as opposed to a statement that it rejected. */
export function isOutage(error: unknown): boolean {
  if (!isError(error)) return false;
  const { code } = error as Error & { code?: unknown };
  return (typeof code === 'string' && outageCodes.test(code)) || outageMessages.test(error.message);
}

/** Also true for errors of another realm, such as Node's errors inside a `vm` context like jest's. */
export function isError(error: unknown): error is Error {
  return error instanceof Error || isNativeError(error);
}

/** True if the disk is full: PostgreSQL's disk_full, or the equivalent for the server's own files. */
export function isStorageFull(error: unknown): boolean {
  return isError(error) && /^(53100|ENOSPC|EDQUOT)$/.test(String(Reflect.get(error, 'code')));
}
