/**
 * The one catalogue of refusals. A refusal is an expected answer to a request that can't be granted: it has a stable code, a message
 * for people, and says whether the same request may succeed later. `schema/README.md` documents each code; a test compares the two.
 * Pure decisions return refusals; commands throw them, so that their transaction rolls back. Anything else that is thrown is a defect
 * or an outage: it is logged with an id and answered as INTERNAL with that id only.
 */
export const refusalCodes = {
  UNAUTHENTICATED: { http: 401, retryable: false, meaning: 'No key or token was given, or it is not valid.' },
  FORBIDDEN: { http: 403, retryable: false, meaning: 'The caller may see the object but not do this with it.' },
  NOT_FOUND: { http: 404, retryable: false, meaning: 'No such object, or the caller may not see it.' },
  INVALID_INPUT: {
    http: 400,
    retryable: false,
    meaning: 'An argument breaks a rule; `errors` lists each field, value and rule.',
  },
  INVALID_DEFINITION: {
    http: 400,
    retryable: false,
    meaning: 'A definition has errors; `errors` lists each with path, line, column and rule.',
  },
  NAME_TAKEN: { http: 409, retryable: false, meaning: 'The name is already used within its parent.' },
  IN_USE: { http: 409, retryable: false, meaning: 'The object is still needed by what `usedBy` lists.' },
  CONFLICT: {
    http: 409,
    retryable: true,
    meaning: 'Somebody else changed the object first; `status` or `version` says how it stands now.',
  },
  IDEMPOTENCY_CONFLICT: {
    http: 409,
    retryable: false,
    meaning: 'The idempotency key was used before with another request.',
  },
  NOT_ABORTABLE: { http: 409, retryable: false, meaning: 'The execution is final already.' },
  NOT_PAUSABLE: {
    http: 409,
    retryable: false,
    meaning:
      'Only an execution that is QUEUED or RUNNING can be paused, and only one that a person has paused continued.',
  },
  NOT_WAITING: {
    http: 409,
    retryable: false,
    meaning: 'What was to be decided or answered does not wait for it (any more).',
  },
  NOT_RETRYABLE: {
    http: 409,
    retryable: false,
    meaning: 'The task gets no further try: it did not fail, its workflow has ended, or could not succeed any more.',
  },
  NOT_RESUMABLE: {
    http: 409,
    retryable: false,
    meaning:
      'An execution with this `status` can’t begin another attempt by this verb; the message says what can be done.',
  },
  STAGE_NOT_FOUND: {
    http: 404,
    retryable: false,
    meaning: 'The execution has no such stage; `stages` lists the names that exist.',
  },
  STAGE_NOT_EXECUTED: {
    http: 409,
    retryable: false,
    meaning: 'The stage was never reached, so nothing can go on from it; `stages` lists those that were.',
  },
  AMBIGUOUS_STAGE: {
    http: 409,
    retryable: false,
    meaning: 'Several stages have this name; name one by an element id.',
  },
  PLAN_STALE: {
    http: 409,
    retryable: false,
    meaning: 'Something changed since the preview that gave the plan token; preview again.',
  },
  INCOMPATIBLE_DEFINITION: {
    http: 409,
    retryable: false,
    meaning:
      'The current definition does not fit what would be kept; `changes` lists what was renamed, removed or rewired.',
  },
  NOT_EXTENDABLE: {
    http: 409,
    retryable: false,
    meaning: 'A run with this `status` can’t be extended; the message says what can be done.',
  },
  NOTHING_CHANGED: {
    http: 409,
    retryable: false,
    meaning: 'The run has these images and inputs already, or nothing of it sees what would change.',
  },
  NEW_RUN_REQUIRED: {
    http: 409,
    retryable: false,
    meaning:
      'An extension adds images and changes inputs; `changes` lists what is neither, each with what it would take, `errors` what else is wrong.',
  },
  NOT_RESTORABLE: {
    http: 409,
    retryable: false,
    meaning: 'A run with this `status` can’t be restored; the message says what can be done.',
  },
  NOT_RESTORING: {
    http: 409,
    retryable: false,
    meaning: 'The run is not being restored, so there is no restore to cancel.',
  },
  NO_RESTORE_POINT: {
    http: 409,
    retryable: false,
    meaning: 'The run was never extended from a success, so there is nothing to go back to.',
  },
  RESTORE_POINT_CONSUMED: {
    http: 409,
    retryable: false,
    meaning: 'The run was restored to this point already; `operationId` says by which operation.',
  },
  ENVIRONMENT_CONFLICT: {
    http: 409,
    retryable: false,
    meaning: 'Other runs have deployed since where this one would be restored; `conflicts` lists what.',
  },
  NOT_STARTABLE: {
    http: 409,
    retryable: false,
    meaning: 'The definition can’t be started as it stands; the message says what is missing.',
  },
  SECRETS_NOT_CONFIGURED: {
    http: 409,
    retryable: false,
    meaning: 'The server has no key to encrypt secrets with; the message says which variable to set.',
  },
  STALE_CLAIM: { http: 409, retryable: false, meaning: 'Agent protocol: the claim is over; the job must be killed.' },
  LOG_GAP: { http: 409, retryable: true, meaning: 'Agent protocol: bytes are missing; go on from `offset`.' },
  ARTIFACT_EXISTS: {
    http: 409,
    retryable: false,
    meaning: 'Agent protocol: the job already left other content under this name.',
  },
  ARTIFACT_MISMATCH: {
    http: 422,
    retryable: true,
    meaning: 'Agent protocol: size or SHA-256 differ from what was announced.',
  },
  TOO_LARGE: {
    http: 413,
    retryable: false,
    meaning: 'The request or one of its parts is larger than the limit that the message names.',
  },
  QUERY_TOO_LARGE: {
    http: 400,
    retryable: false,
    meaning: 'The operation has more of a `part` (root fields, aliases, directives) than `limit`.',
  },
  QUERY_TOO_DEEP: { http: 400, retryable: false, meaning: 'The operation nests its fields deeper than `limit`.' },
  QUERY_TOO_COSTLY: {
    http: 400,
    retryable: false,
    meaning: 'The operation may answer more objects than `limit`; nothing of it was executed.',
  },
  RATE_LIMITED: {
    http: 429,
    retryable: true,
    meaning: 'Too many requests of this key, or too many invalid keys from this address; wait `retryAfterSeconds`.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    http: 429,
    retryable: true,
    meaning: 'The key or the connection has as many open streams as `limit` allows.',
  },
  SLOW_READER: {
    http: 503,
    retryable: true,
    meaning: 'A stream was ended because its client read nothing for too long; go on from `cursor`.',
  },
  UNAVAILABLE: {
    http: 503,
    retryable: true,
    meaning: 'The server is starting, stopping, or has lost its database. Try again.',
  },
  INTERNAL: { http: 500, retryable: true, meaning: 'A fault of the server. `errorId` finds it in the server’s log.' },
} as const;

export type RefusalCode = keyof typeof refusalCodes;

export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

/** What an id that can't be seen is answered with: the same words whether it exists or not. */
export function notFound(kind: string, id: string): Refusal {
  return new Refusal('NOT_FOUND', `There is no ${kind} with the id "${id}" that you may see.`, { kind, id });
}

/** One broken rule of an argument: which field, what it held, and which rule it breaks. */
export interface InputError {
  readonly field: string;
  readonly value: unknown;
  readonly rule: string;
  readonly message: string;
}

export function invalidInput(errors: readonly InputError[]): Refusal {
  return new Refusal('INVALID_INPUT', errors.map((error) => error.message).join(' '), { errors });
}
