/**
 * The error catalog. An error is an expected result with a stable code, a message, and whether a retry may succeed.
 * `schema/README.md` documents each code; a test compares the two. Decisions return errors; commands throw them, so
 * that their transaction rolls back. Any other exception is a defect or an outage: it is logged with an id, and clients
 * see INTERNAL with that id only.
 */
export const refusalCodes = {
  UNAUTHENTICATED: { http: 401, retryable: false, meaning: 'No API key or token was sent, or it is not valid.' },
  FORBIDDEN: {
    http: 403,
    retryable: false,
    meaning: 'The caller may see the resource, but lacks the permission for this action.',
  },
  NOT_FOUND: { http: 404, retryable: false, meaning: 'The resource does not exist, or the caller may not see it.' },
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
  IN_USE: { http: 409, retryable: false, meaning: 'The resources in `usedBy` still need this resource.' },
  CONFLICT: {
    http: 409,
    retryable: true,
    meaning: 'The resource changed first; `status` or `version` has its current state.',
  },
  IDEMPOTENCY_CONFLICT: {
    http: 409,
    retryable: false,
    meaning: 'The idempotency key was already used with another request.',
  },
  CONCURRENCY_LIMIT: {
    http: 409,
    retryable: true,
    meaning: 'Others hold all slots of the environment or concurrency group, and its policy is REFUSE.',
  },
  NOT_ABORTABLE: { http: 409, retryable: false, meaning: 'The execution is already final.' },
  NOT_PAUSABLE: {
    http: 409,
    retryable: false,
    meaning: 'Only a QUEUED or RUNNING execution can be paused, and only one that a person paused can be continued.',
  },
  NOT_WAITING: {
    http: 409,
    retryable: false,
    meaning:
      'The approval, failure, stage element or job does not wait, or no longer waits. For a move, `neighbors` has the jobs next to its current place.',
  },
  APPROVAL_CHANGED: {
    http: 409,
    retryable: false,
    meaning:
      'The subject of the approval has changed since the caller read it; `changes` lists the differences. Read the approval again, then decide.',
  },
  AGENT_LEFT: {
    http: 409,
    retryable: false,
    meaning: 'The agent has left or was removed, so it can’t be changed.',
  },
  AGENT_DRAINING: {
    http: 409,
    retryable: false,
    meaning: 'The agent is draining: it finishes its jobs and leaves, and can’t take jobs again.',
  },
  AGENT_REMOVED: {
    http: 403,
    retryable: false,
    meaning: 'A person removed the agent: its tokens are void.',
  },
  NOT_RETRYABLE: {
    http: 409,
    retryable: false,
    meaning: 'The task can’t be retried: it did not fail, or its workflow has ended or can no longer succeed.',
  },
  NOT_RESUMABLE: {
    http: 409,
    retryable: false,
    meaning:
      'An execution with this `status` can’t start another attempt in this way; the message says what to do instead.',
  },
  STAGE_NOT_FOUND: {
    http: 404,
    retryable: false,
    meaning: 'The execution has no such stage; `stages` lists the names of its stages.',
  },
  STAGE_NOT_EXECUTED: {
    http: 409,
    retryable: false,
    meaning: 'The stage was never reached, so the execution can’t resume from it; `stages` lists the stages that were.',
  },
  AMBIGUOUS_STAGE: {
    http: 409,
    retryable: false,
    meaning: 'Several stages have this name; identify the stage by an element id.',
  },
  PLAN_STALE: {
    http: 409,
    retryable: false,
    meaning: 'Something changed since the preview that returned the plan token; preview again.',
  },
  INCOMPATIBLE_DEFINITION: {
    http: 409,
    retryable: false,
    meaning:
      'The current definition is incompatible with parts that would be kept; `changes` lists those that were renamed, removed or rewired.',
  },
  NOT_EXTENDABLE: {
    http: 409,
    retryable: false,
    meaning: 'A run with this `status` can’t be extended; the message says what to do instead.',
  },
  NOTHING_CHANGED: {
    http: 409,
    retryable: false,
    meaning: 'The run already has these images and inputs, or no task sees the change.',
  },
  NEW_RUN_REQUIRED: {
    http: 409,
    retryable: false,
    meaning:
      'An extension can only add images and change inputs; `changes` lists the other changes and what each requires; `errors` lists all other errors.',
  },
  NOT_RESTORABLE: {
    http: 409,
    retryable: false,
    meaning: 'A run with this `status` can’t be restored; the message says what to do instead.',
  },
  NOT_RESTORING: {
    http: 409,
    retryable: false,
    meaning: 'The run is not being restored, so there is no restore to cancel.',
  },
  NO_RESTORE_POINT: {
    http: 409,
    retryable: false,
    meaning: 'The run was never extended after a success, so there is nothing to restore.',
  },
  RESTORE_POINT_CONSUMED: {
    http: 409,
    retryable: false,
    meaning: 'The run was already restored to this point, by the operation `operationId`.',
  },
  ENVIRONMENT_CONFLICT: {
    http: 409,
    retryable: false,
    meaning:
      'Runs that started later have deployed to environments that this run would restore; `conflicts` lists them.',
  },
  ENVIRONMENT_MOVED_ON: {
    http: 409,
    retryable: false,
    meaning:
      'Runs that started later have deployed where this run would deploy again; `conflicts` lists what would be replaced.',
  },
  NOTHING_TO_ROLL_BACK: {
    http: 409,
    retryable: false,
    meaning: 'The environment, or a service that was named, has no earlier image to return to.',
  },
  PARTLY_GONE: {
    http: 409,
    retryable: false,
    meaning:
      'Some services can’t be brought back to the requested time; `services` lists them. `leaveOut: true` leaves them as they are.',
  },
  SEVERAL_APPLICATIONS: {
    http: 409,
    retryable: false,
    meaning:
      'Services of several applications would be brought back, but an execution belongs to one application; `applications` lists the applications in the order in which to restore them.',
  },
  NOTHING_TO_PROMOTE: {
    http: 409,
    retryable: false,
    meaning: 'The target has the images already, or the other environment has none.',
  },
  REVISION_GONE: {
    http: 409,
    retryable: false,
    meaning: 'The workflow that deployed the image was deleted, so it can’t run again.',
  },
  NOT_OBSERVABLE: {
    http: 409,
    retryable: true,
    meaning: 'No workflow observes the environment, or a deployment to it is in progress.',
  },
  ENVIRONMENT_FROZEN: {
    http: 409,
    retryable: true,
    meaning:
      'The freeze `freeze` holds deployments to an environment back until `until`. A caller with the permission OVERRIDE_FREEZE may override it.',
  },
  NOT_STARTABLE: {
    http: 409,
    retryable: false,
    meaning: 'The definition can’t be started as it is; the message says what is missing.',
  },
  SECRETS_NOT_CONFIGURED: {
    http: 409,
    retryable: false,
    meaning: 'The server has no key to encrypt secrets with; the message says which variable to set.',
  },
  UNSUPPORTED: {
    http: 501,
    retryable: false,
    meaning: 'FirstGen has this feature and Slipway does not; `reason` explains the alternative.',
  },
  STALE_CLAIM: { http: 409, retryable: false, meaning: 'Agent protocol: the claim is over; the job must be killed.' },
  LOG_GAP: { http: 409, retryable: true, meaning: 'Agent protocol: bytes are missing; continue from `offset`.' },
  UPLOAD_GAP: {
    http: 409,
    retryable: true,
    meaning: 'Agent protocol: bytes of an upload are missing; continue from `offset`.',
  },
  ARTIFACT_EXISTS: {
    http: 409,
    retryable: false,
    meaning: 'Agent protocol: the job already uploaded different content under this name.',
  },
  ARTIFACT_DELETED: {
    http: 410,
    retryable: false,
    meaning: 'The content of the artifact `name` was deleted at `deletedAt`.',
  },
  ARTIFACT_HELD: {
    http: 409,
    retryable: false,
    meaning: 'The artifact can’t be deleted now; `holds` lists what keeps it.',
  },
  ARTIFACT_MISMATCH: {
    http: 422,
    retryable: true,
    meaning: 'Agent protocol: the size or SHA-256 of the upload differs from the announced one.',
  },
  TOO_LARGE: {
    http: 413,
    retryable: false,
    meaning: 'The request, or a part of it, exceeds the limit that the message names.',
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
    meaning: 'The operation could return more objects than `limit`; nothing was executed.',
  },
  RATE_LIMITED: {
    http: 429,
    retryable: true,
    meaning: 'Too many requests with this key, or too many invalid keys from this address; wait `retryAfterSeconds`.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    http: 429,
    retryable: true,
    meaning: 'The key or the connection has as many open streams as `limit` allows.',
  },
  SLOW_READER: {
    http: 503,
    retryable: true,
    meaning: 'A stream was ended because its client read nothing for too long; continue from `cursor`.',
  },
  UNAVAILABLE: {
    http: 503,
    retryable: true,
    meaning: 'The server is starting, stopping, or has lost its database. Try again.',
  },
  STORAGE_FULL: {
    http: 503,
    retryable: true,
    meaning: 'The disk of the database or of the server is full, so nothing was changed. An operator must free space.',
  },
  PERSISTED_QUERY_NOT_FOUND: {
    http: 404,
    retryable: false,
    meaning: 'The server does not know the text of the operation with this `hash`; send the text with the hash.',
  },
  OPERATION_NOT_REGISTERED: {
    http: 403,
    retryable: false,
    meaning: 'The server executes registered operations only, and this one, with its `hash`, is not registered.',
  },
  EXPORT_NOT_READY: {
    http: 409,
    retryable: true,
    meaning: 'The archive of an export is not written yet.',
  },
  EXPORT_FAILED: {
    http: 410,
    retryable: false,
    meaning: 'The archive of an export could not be written; the message has the reason. Request another export.',
  },
  INTERNAL: {
    http: 500,
    retryable: true,
    meaning: 'Unexpected error in the server. `errorId` identifies it in the server’s log.',
  },
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

/** Refusal that a function throws; null if it throws none. */
export async function refusalOf(work: () => unknown): Promise<Refusal | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** The same message whether the id does not exist or is hidden from the caller. */
export function notFound(kind: string, id: string): Refusal {
  return new Refusal('NOT_FOUND', `No ${kind} with the id "${id}" exists, or you may not see it.`, { kind, id });
}

/** For an agent that reports on a job that its claim no longer holds. */
export const staleClaim = (): Refusal => new Refusal('STALE_CLAIM', 'This claim of the job is over.');

/** One broken rule of an argument: the field, its value, and the rule. */
export interface InputError {
  readonly field: string;
  readonly value: unknown;
  readonly rule: string;
  readonly message: string;
}

export function invalidInput(errors: readonly InputError[]): Refusal {
  return new Refusal('INVALID_INPUT', errors.map((error) => error.message).join(' '), { errors });
}
