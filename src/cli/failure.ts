import type { ApiError } from '../client/apiError';

/** Exit codes. Scripts rely on them, and src/cli/README.md documents them. */
export const exit = {
  ok: 0,
  /** The followed run is not SUCCESS, or the documents have errors. */
  failed: 1,
  usage: 2,
  /** The server refused; the error code explains why. */
  refused: 3,
  unreachable: 4,
  /** The question was answered with no. */
  declined: 5,
  /** Outcomes of `--wait`. */
  rejected: 6,
  aborted: 7,
  expired: 8,
  waiting: 9,
  timedOut: 10,
  interrupted: 130,
} as const;

/** Ends the program with a message and advice instead of a stack trace. */
export class Failure extends Error {
  constructor(
    readonly exitCode: number,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    readonly advice: string[] = [],
  ) {
    super(message);
  }
}

export const usage = (message: string, ...advice: string[]): Failure =>
  new Failure(exit.usage, 'USAGE', message, {}, advice);

/** Ctrl-C. It only stops following the run. */
export class Interrupted extends Failure {
  constructor(run: string | null) {
    const advice = run === null ? [] : [`The run continues. To follow it again: slipway watch ${run}`];
    super(exit.interrupted, 'INTERRUPTED', 'Interrupted.', {}, advice);
  }
}

/** A followed run that did not succeed, which has been reported already. */
export class Followed extends Failure {
  constructor(code: string, message: string, exitCode: number = exit.failed) {
    super(exitCode, code, message);
  }
}

/** An error of the API with advice for its code; `run` is the caller's name for the run. */
export function failureOf({ code, message, details, retryable, requestId }: ApiError, run = 'RUN'): Failure {
  const exitCode = ['UNREACHABLE', 'UNAVAILABLE'].includes(code) ? exit.unreachable : exit.refused;
  return new Failure(exitCode, code, message, { retryable, requestId, ...details }, [
    ...places(details).filter((place) => !message.includes(place)),
    ...(advice[code]?.(details) ?? []).map((line) => line.replace(/(show|reassign) RUN/, `$1 ${run}`)),
  ]);
}

/** `errors` of INVALID_INPUT and INVALID_DEFINITION: one line each. */
function places({ errors }: Readonly<Record<string, unknown>>): string[] {
  const found = (Array.isArray(errors) ? errors : []) as { line?: number; path?: string; message?: string }[];
  return found.map(
    ({ line, path, message }) => `${line === undefined ? '' : `line ${line}: `}${message ?? path ?? ''}`,
  );
}

const list = (names: unknown): string => (Array.isArray(names) ? names.join(', ') : '');
const showRun = () => ['"slipway run show RUN" lists the possible actions.'];

/** Advice for refusals of a preview. */
export const nextSteps = (code: string): string[] =>
  ['ENVIRONMENT_MOVED_ON', 'ENVIRONMENT_FROZEN', 'CONCURRENCY_LIMIT'].includes(code) ? (advice[code]?.({}) ?? []) : [];

const advice: Readonly<Record<string, (details: Readonly<Record<string, unknown>>) => string[]>> = {
  UNREACHABLE: () => ['To use another server, set SLIPWAY_URL or pass --url.'],
  UNAUTHENTICATED: () => ['Provide a valid key in SLIPWAY_API_KEY, or with --key.'],
  OPERATION_NOT_REGISTERED: () => ['Use a "slipway" of the same version as the server.'],
  FORBIDDEN: ({ undecidableSince }) =>
    undecidableSince == null
      ? ['Ask a user who has the permission, or ask an administrator to grant it.']
      : ['An administrator can assign it: slipway reassign RUN GROUP'],
  NOT_FOUND: ({ kind, path }) => {
    if (path !== undefined)
      return ['The URL has a wrong path. Pass the address of the server alone: --url http://127.0.0.1:4000'];
    return kind === undefined || kind === 'execution' ? ['"slipway runs" lists the runs that this key may see.'] : [];
  },
  NOT_RESUMABLE: showRun,
  NOT_RETRYABLE: showRun,
  NOT_RESTORABLE: showRun,
  INCOMPATIBLE_DEFINITION: () => [
    'Resume with the definition that the run used so far (without --definition latest), or use --force.',
  ],
  ENVIRONMENT_CONFLICT: () => ['Review the conflicts in the preview; --confirm-conflicts overrides them.'],
  ENVIRONMENT_MOVED_ON: () => ['"slipway deployed" shows what is deployed where; --overrule replaces it.'],
  ENVIRONMENT_FROZEN: ({ until }) => [
    `Repeat the command ${typeof until === 'string' ? `after ${until}` : 'when the freeze is over'}. "slipway freezes" shows all freezes.`,
    'With the permission OVERRIDE_FREEZE, add --override-freeze REASON to deploy in spite of the freeze.',
  ],
  CONCURRENCY_LIMIT: () => ['Repeat the command when the holder has ended. "slipway slots" shows the holder.'],
  STAGE_NOT_FOUND: ({ stages }) => [`Stages of the run: ${list(stages)}.`],
  STAGE_NOT_EXECUTED: ({ stages }) => [`Stages that were reached: ${list(stages)}.`],
  AMBIGUOUS_STAGE: () => [
    'Name one element of the stage with --element ID. "slipway run show RUN --json" has the ids.',
  ],
  CONFLICT: () => ['Look at the run with "slipway run show RUN", and repeat the command if it still makes sense.'],
  PLAN_STALE: () => ['Run the command again to get a new preview.'],
  RATE_LIMITED: ({ retryAfterSeconds }) => [`Try again in ${retryAfterSeconds} s.`],
  UNAVAILABLE: () => ['Try again in a moment.'],
  INTERNAL: ({ errorId }) => (errorId === undefined ? [] : [`The server log has details under the id ${errorId}.`]),
  GRAPHQL_VALIDATION_FAILED: () => ['The version of the server differs from that of this program.'],
};
