/** How the program ends; scripts rely on it, and src/cli/README.md documents it. */
export const exit = {
  ok: 0,
  /** What was followed did not end well: the run is not SUCCESS, the documents have errors. */
  failed: 1,
  usage: 2,
  /** The server refused; the code says why. */
  refused: 3,
  unreachable: 4,
  /** The question was answered with no. */
  declined: 5,
  interrupted: 130,
} as const;

/** What the program ends with, in place of an answer: never a stack. */
export class Failure extends Error {
  constructor(
    readonly exitCode: number,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    /** What can be done about it. */
    readonly advice: readonly string[] = [],
  ) {
    super(message);
  }
}

export const usage = (message: string, ...advice: string[]): Failure =>
  new Failure(exit.usage, 'USAGE', message, {}, advice);

/** Ctrl-C while something was followed. It ends the following, and nothing else. */
export class Interrupted extends Failure {
  constructor(run: string | null) {
    const advice = run === null ? [] : [`The run goes on. To follow it again: slipway watch ${run}`];
    super(exit.interrupted, 'INTERRUPTED', 'Interrupted.', {}, advice);
  }
}

/** What was followed did not end well, which was told already. */
export class Followed extends Failure {
  constructor(code: string, message: string) {
    super(exit.failed, code, message);
  }
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** A refusal by the server, with what its code asks for; `run` is the one that was asked for. */
export function refusal(errors: readonly GraphqlError[], run = 'RUN'): Failure {
  const [first] = errors;
  const { code: given, ...details } = first?.extensions ?? {};
  const code = typeof given === 'string' ? given : 'ERROR';
  const exitCode = code === 'UNAVAILABLE' ? exit.unreachable : exit.refused;
  const message = first?.message ?? 'The server answered without data.';
  return new Failure(exitCode, code, message, details, [
    ...places(details).filter((place) => !message.includes(place)),
    ...(advice[code]?.(details) ?? []).map((line) => line.replace('show RUN', `show ${run}`)),
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

const advice: Readonly<Record<string, (details: Readonly<Record<string, unknown>>) => string[]>> = {
  UNAUTHENTICATED: () => ['Give a valid key: SLIPWAY_API_KEY, or --key.'],
  FORBIDDEN: () => ['Ask somebody who may, or an administrator for the permission.'],
  NOT_FOUND: () => ['"slipway runs" lists the runs that this key may see.'],
  NOT_RESUMABLE: () => ['"slipway run show RUN" says what can be done with it.'],
  INCOMPATIBLE_DEFINITION: () => [
    'Resume with the definition that it ran so far (without --definition latest), or with --force.',
  ],
  ENVIRONMENT_CONFLICT: () => ['Look at the conflicts of the preview; --confirm-conflicts overrules them.'],
  NOT_RETRYABLE: () => ['"slipway run show RUN" says what can be done with it.'],
  NOT_RESTORABLE: () => ['"slipway run show RUN" says what can be done with it.'],
  STAGE_NOT_FOUND: ({ stages }) => [`Its stages: ${list(stages)}.`],
  STAGE_NOT_EXECUTED: ({ stages }) => [`Stages that were reached: ${list(stages)}.`],
  AMBIGUOUS_STAGE: () => ['Name an element of the stage: --element ID; "slipway run show RUN --json" has the ids.'],
  CONFLICT: () => ['Somebody was faster: look at it with "slipway run show RUN", and repeat if it still makes sense.'],
  PLAN_STALE: () => ['Something changed since the preview: run the command again and look at the new one.'],
  RATE_LIMITED: ({ retryAfterSeconds }) => [`Try again in ${retryAfterSeconds} s.`],
  UNAVAILABLE: () => ['Try again in a moment.'],
  INTERNAL: ({ errorId }) => [`The server’s log has more under the id ${errorId}.`],
  GRAPHQL_VALIDATION_FAILED: () => ['The server is of another version than this program.'],
};
